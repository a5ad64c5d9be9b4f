"""bin/serve and what it stands on, run as a person runs them."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.waiting import PATIENCE

HOME = Path(__file__).parent.parent
TOOLS = ["cat", "cmp", "cp", "dirname", "env", "ls", "mkdir", "mv", "readlink", "rm", "sh", "tar"]


def run(
    *command: str | Path, cwd: Path = HOME, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=4 * PATIENCE,
    )


@contextmanager
def taken_port() -> Iterator[int]:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the commands and the locks, and nothing set up."""
    project = tmp_path / "project"
    shutil.copytree(HOME / "bin", project / "bin")
    (project / "tests").mkdir()
    names = ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"]
    for name in [*names, "package-lock.json", "tests/package-lock.json"]:
        shutil.copy(HOME / name, project / name)
    return project


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH with the tools that every machine has, and no Python, node or npm."""
    folder = tmp_path / "path"
    folder.mkdir()
    for tool in TOOLS:
        if program := shutil.which(tool):
            (folder / tool).symlink_to(program)
    return folder


def program(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(0o755)


# bin/serve


def test_serve_says_what_it_does() -> None:
    done = run("bin/serve", "--help")
    assert done.returncode == 0
    for word in ("--demo", "HOST", "PORT", "DATABASE_URL", "REDIS_URL", "WEB_CONCURRENCY"):
        assert word in done.stdout


def test_serve_refuses_what_it_does_not_know() -> None:
    done = run("bin/serve", "--dmeo")
    assert done.returncode == 2
    assert done.stderr == 'bin/serve doesn\'t know "--dmeo"; bin/serve --help says what it knows.\n'


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "chat.example.org"])
def test_the_demonstration_is_shown_to_others_only_where_that_is_said(host: str) -> None:
    done = run("bin/serve", "--demo", HOST=host)
    assert done.returncode == 2
    assert f"{host} can be reached from other machines" in done.stderr
    assert "bin/serve --demo-public" in done.stderr
    with taken_port() as port:
        said = run("bin/serve", "--demo-public", HOST="0.0.0.0", PORT=str(port))
    assert said.returncode == 1
    assert "is taken by another program" in said.stderr


def test_serve_names_a_port_that_is_taken() -> None:
    with taken_port() as port:
        done = run("bin/serve", PORT=str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} of 127.0.0.1 is taken by another program.")


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "٣"])
def test_serve_refuses_what_is_no_port(port: str) -> None:
    done = run("bin/serve", PORT=port)
    assert done.returncode == 1
    assert done.stderr == f'PORT must be a number from 1 to 65535; it is "{port}".\n'


def test_serve_refuses_an_address_of_another_machine() -> None:
    done = run("bin/serve", HOST="192.0.2.1")
    assert done.returncode == 1
    assert "192.0.2.1" in done.stderr


def test_serve_works_from_anywhere_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "parley").symlink_to(HOME / "bin/serve")
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "HOST": "127.0.0.1"}
    environment["DATABASE_URL"] = f"sqlite:///{tmp_path / 'parley.sqlite3'}"
    log = tmp_path / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [tmp_path / "parley"], cwd=tmp_path, env=environment, stdout=output, stderr=output
        )
        try:
            assert answer(f"http://127.0.0.1:{port}/up") == 200, log.read_text()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE)
    assert f"Parley is at http://127.0.0.1:{port}" in log.read_text()


def answer(url: str) -> int:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
                status: int = response.status
                return status
        except OSError:
            if time.monotonic() > deadline:
                return 0
            time.sleep(0.05)


# bin/address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:{port}"),
        ("localhost", "http://localhost:{port}"),
        ("0.0.0.0", "http://127.0.0.1:{port}"),
    ],
)
def test_the_address_is_one_to_open_in_a_browser(host: str, address: str) -> None:
    port = free_port()
    done = run(sys.executable, "bin/address", host, str(port))
    assert done.stdout.strip() == address.format(port=port)


# bin/setup


def test_setup_without_python_says_so(project: Path, path: Path) -> None:
    done = run("bin/setup", cwd=project, PATH=str(path))
    assert done.returncode == 1
    assert done.stderr.startswith("Parley needs Python 3.11 or newer, and there is none")


def test_setup_with_only_an_old_python_says_so(project: Path, path: Path) -> None:
    program(path / "python3", "#!/bin/sh\nexit 0\n")
    done = run("bin/setup", cwd=project, PATH=str(path))
    assert done.returncode == 1
    assert done.stderr.startswith("Parley needs Python 3.11 or newer, and there is none")


def test_setup_names_the_package_that_brings_venv(project: Path, path: Path) -> None:
    """As on a Debian with python3 and without python3-venv."""
    real = sys._base_executable  # type: ignore[attr-defined]
    fake = path / "python3"
    program(
        fake,
        "#!/bin/sh\n"
        'case "$2" in *ensurepip*) exit 1 ;; *_base_executable*) echo "$0"; exit ;; esac\n'
        f'exec {real} "$@"\n',
    )
    done = run("bin/setup", cwd=project, PATH=str(path))
    assert done.returncode == 1
    version = ".".join(map(str, sys.version_info[:2]))
    assert done.stderr.endswith(f"On Debian and Ubuntu: apt-get install python{version}-venv\n")


def test_setup_takes_what_the_lock_says_whatever_is_newer(project: Path, tmp_path: Path) -> None:
    """pip 23.2 looks for the newest release of a package that another asks for with extras."""
    base = wheel(tmp_path, "base-1", "Provides-Extra: more")
    wheel(tmp_path, "base-2", "Provides-Extra: more")
    user = wheel(tmp_path, "user-1", "Requires-Dist: base[more]>=1")
    lock = "".join(
        f"{name}==1 --hash=sha256:{digest}\n" for name, digest in (("base", base), ("user", user))
    )
    (project / "requirements.txt").write_text(lock)
    (project / "bin/vendor").write_text("")
    done = run("bin/setup", cwd=project, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (project / ".venv/ready-to-serve").read_text().startswith(lock)
    assert "2 packages from requirements.txt" in done.stderr, (
        "a first start says what takes so long"
    )
    assert done.stderr.endswith("Parley is set up.\n")


def wheel(folder: Path, name: str, *lines: str) -> str:
    """Make a package with nothing in it, for pip to install; returns its SHA-256."""
    path = folder / f"{name}-py3-none-any.whl"
    about = ["Metadata-Version: 2.1", "Name: {}", "Version: {}", *lines]
    with zipfile.ZipFile(path, "w") as archive:
        home = f"{name}.dist-info"
        archive.writestr(f"{home}/METADATA", "\n".join(about).format(*name.split("-")))
        archive.writestr(f"{home}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{home}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_locked_is_all_that_is_needed() -> None:
    done = run(HOME / ".venv/bin/python", "-m", "pip", "check")
    assert done.returncode == 0, done.stdout


def test_setup_refuses_what_it_does_not_know() -> None:
    assert run("bin/setup", "--fast").returncode == 2


# bin/vendor


@pytest.fixture
def npm(project: Path, path: Path) -> Path:
    """An npm that brings packages of its own making, which the project's lock names."""
    lock = json.loads((project / "package-lock.json").read_text())
    for name, (member, text) in PACKAGES.items():
        archive = path / f"{name}.tgz"
        content = path / name
        content.write_text(text)
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(content, f"package/{member}")
        sum_ = b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        lock["packages"][f"node_modules/{name}"]["integrity"] = f"sha512-{sum_}"
    (project / "package-lock.json").write_text(json.dumps(lock))
    program(path / "node", "#!/bin/sh\n")
    bring = f"for name; do true; done; name=${{name%@*}}; cp {path}/$name.tgz . && echo $name.tgz"
    program(path / "npm", f"#!/bin/sh\n{bring}\n")
    return path


EMOJI = [
    {"emoji": "🇦", "label": "regional indicator A", "type": 1},
    {"emoji": "👋", "label": "waving hand", "tags": ["hi"], "type": 1, "group": 1, "order": 9}
    | {"skins": [{"emoji": "👋🏻", "tone": 1}, {"emoji": "👋🏽", "tone": 3}]},
    {"emoji": "🧑\u200d🤝\u200d🧑", "label": "pair", "type": 1, "group": 1, "order": 8}
    | {"skins": [{"emoji": "🧑🏻\u200d🤝\u200d🧑🏻", "tone": 1}]},
    {"emoji": "😀\ufe0f", "label": "grin", "tags": ["a", "b"], "type": 1, "group": 0, "order": 2},
    {"emoji": "❤\ufe0f", "label": "heart", "type": 0, "group": 0, "order": 1},
]
LINES = """Smileys and emotion
❤\ufe0f\theart\t
😀\tgrin\ta b
People
🧑\u200d🤝\u200d🧑\tpair\t
👋\twaving hand\thi\t1
"""
PACKAGES = {
    "htmx.org": ("dist/htmx.min.js", "var htmx = 'made here';"),
    "emojibase-data": ("en/data.json", json.dumps(EMOJI)),
}


def vendor(project: Path, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "bin/vendor", *arguments, cwd=project, PATH=str(path))


def test_vendor_brings_what_the_lock_names(project: Path, npm: Path) -> None:
    assert vendor(project, npm).returncode == 0
    assert (project / "static/vendor/htmx.min.js").read_text() == "var htmx = 'made here';"
    assert (project / "static/vendor/emoji.txt").read_text().startswith(LINES)


def test_vendor_refuses_anything_else(project: Path, npm: Path) -> None:
    shutil.copy(HOME / "package-lock.json", project)
    done = vendor(project, npm)
    assert done.returncode == 1
    assert "is not the package that package-lock.json names" in done.stderr
    assert not (project / "static").exists()


def test_vendor_says_what_npm_said(project: Path, npm: Path) -> None:
    program(npm / "npm", "#!/bin/sh\necho 'no network' >&2\nexit 1\n")
    done = vendor(project, npm)
    assert done.returncode == 1
    assert done.stderr.startswith("bin/vendor could not get htmx.org@4.0.1.")
    assert "no network" in done.stderr


def test_vendor_refuses_what_it_does_not_know(project: Path, npm: Path) -> None:
    assert vendor(project, npm, "--everything").returncode == 2


def test_the_readme_shows_the_pictures_that_are_made() -> None:
    shown = re.findall(r"\(docs/([a-z]+\.png)\)", (HOME / "README.md").read_text())
    assert sorted(shown) == sorted(path.name for path in (HOME / "docs").glob("*.png"))
    assert len(shown) == 4
