"""Which versions of everything are compared."""

import json
import re
import subprocess
from importlib import metadata
from pathlib import Path

from bench import node
from bench.databases import Databases

HERE = Path(__file__).parent
PARLEY = ("uvicorn", "uvloop", "httptools", "websockets", "starlette", "jinja2", "asyncpg")
DJANGO = ("django", "channels", "daphne", "channels-redis", "psycopg")
NODE = ("ws", "socket.io", "pg")


def found(databases: Databases) -> dict[str, str]:
    """By what is versioned: the locks' for the peers, what is installed for Parley."""
    lock = (HERE / "requirements.txt").read_text()
    packages = json.loads((HERE / "peers/node/package-lock.json").read_text())["packages"]
    return {
        "Parley's": listed({name: metadata.version(name) for name in PARLEY}),
        "Django's": listed({name: pinned(lock, name) for name in DJANGO}),
        "Node's": listed({name: packages[f"node_modules/{name}"]["version"] for name in NODE}),
        "databases": "; ".join(
            [
                said([*node.command(), "--version"]).replace("v", "Node.js ", 1),
                *(said([program, "--version"]) for program in databases.programs()),
                said(["cc", "--version"]),
            ]
        ),
    }


def listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def pinned(lock: str, name: str) -> str:
    match = re.search(rf"^{re.escape(name)}==(\S+)", lock, re.MULTILINE)
    return match[1] if match else "?"


def said(command: list[str | Path]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return f"no {command[0]}"
    return done.stdout.partition("\n")[0].strip()
