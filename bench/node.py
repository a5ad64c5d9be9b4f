"""What Node.js servers need, from a lock that names each package's sum."""

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "peers/node"


def packages() -> Path:
    """The folder of the servers, with their packages in it. Exits where there is no Node.js."""
    if not (shutil.which("node") and shutil.which("npm")):
        sys.exit(
            "The servers on Node.js need node and npm (20 or newer); or leave them out: --stacks"
        )
    lock = (FOLDER / "package-lock.json").read_text()
    done = FOLDER / "node_modules/installed-from"
    if not (done.exists() and done.read_text() == lock):
        # better-sqlite3 comes as a program where one fits, and is compiled here where none does.
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER, check=True
        )
        done.write_text(lock)
    return FOLDER
