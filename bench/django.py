"""What the Django stack needs, in a virtual environment of its own, from a lock with sums."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE / "peers/channels"


def program(name: str) -> Path:
    """One of the environment's programs; the environment is made the first time."""
    folder = HERE / ".venv"
    lock = (HERE / "requirements.txt").read_text()
    done = folder / "installed-from"
    if not (done.exists() and done.read_text() == lock):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip: list[str | Path] = [folder / "bin/python", "-m", "pip", "install", "-qq"]
        pip += ["--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"]
        pip += ["--requirement", HERE / "requirements.txt"]
        subprocess.run(pip, check=True)
        done.write_text(lock)
    return folder / "bin" / name
