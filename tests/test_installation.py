"""What the project is installed from, and that its commands and its pages agree."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent
LOCKS = ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"]
NPM_LOCKS = ["package-lock.json", "tests/package-lock.json"]


def text(name: str) -> str:
    return (HOME / name).read_text()


def committed() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=HOME, check=True, capture_output=True, text=True
    )
    return listed.stdout.rstrip("\0").split("\0")


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+(?:\[[a-z]+\])?)==(\S+)", text(lock), re.MULTILINE))


def test_no_third_party_code_is_committed() -> None:
    fetched = re.compile(
        r"(^|/)(node_modules|vendor|\.venv|site-packages)/|\.min\.|\.(whl|jar|tgz|woff2?|ttf)$"
    )
    assert [name for name in committed() if fetched.search(name)] == []


def test_nothing_large_or_left_behind_is_committed() -> None:
    left = re.compile(r"\.(sqlite3|log|orig|rej|pyc)$|(^|/)(\.coverage|__pycache__)")
    present = [name for name in committed() if (HOME / name).exists()]
    assert [name for name in present if left.search(name)] == []
    assert [name for name in present if (HOME / name).stat().st_size > 500_000] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_python_package_is_pinned_by_hash(lock: str) -> None:
    packages = re.split(r"\n(?=\S)", text(lock).strip())
    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9.-]+(\[[a-z]+\])?==\S+ ", package), package
        assert "--hash=sha256:" in package, package


@pytest.mark.parametrize("lock", NPM_LOCKS)
def test_every_npm_package_is_pinned_by_integrity(lock: str) -> None:
    packages = json.loads(text(lock))["packages"]
    del packages[""]
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())


@pytest.mark.parametrize("lock", [*LOCKS, *NPM_LOCKS])
def test_no_lock_names_where_packages_come_from(lock: str) -> None:
    assert not re.search(r"https?:|file:|resolved|--(extra-)?index|--find-links|@ ", text(lock))


def test_tests_run_on_what_is_served() -> None:
    served, tested = pins("requirements.txt"), pins("requirements-dev.txt")
    assert served
    assert served.items() <= tested.items()


@pytest.mark.parametrize("name", sorted(path.name for path in (HOME / "bin").iterdir()))
def test_commands_can_be_run(name: str) -> None:
    command = HOME / "bin" / name
    assert os.access(command, os.X_OK)
    assert command.read_text().startswith("#!/")


def test_commands_that_pages_name_exist() -> None:
    for page in (*HOME.glob("*.md"), *HOME.glob("docs/**/*.md")):
        for command in re.findall(r"(?<![\w/.-])bin/[\w-]+", page.read_text()):
            assert (HOME / command).exists(), f"{page.name}: {command}"


@pytest.mark.parametrize("starter", ["bin/serve", "Procfile", "deploy/parley.service"])
def test_the_options_of_the_server_stand_in_bin_web_alone(starter: str) -> None:
    commands = re.sub(r"^#.*$", "", text(starter), flags=re.MULTILINE)
    assert re.search(r"[ /=]bin/web --", commands)
    assert "uvicorn" not in commands


def test_the_deployed_python_is_one_that_the_project_takes() -> None:
    version = tuple(int(part) for part in text(".python-version").strip().split("."))
    assert version >= (3, 11)
