"""The rooms of the house: who may import whom, and who alone knows a package."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent

# Imports go down only. Everybody may read settings, which lie at the bottom.
BELOW = {
    "app": {"routes", "live", "db", "render", "settings"},
    "routes": {"actions", "db", "live", "render", "settings"},
    "actions": {"db", "live", "render", "settings"},
    "render": {"settings"},
    "live": {"settings"},
    "db": {"settings"},
    "settings": set[str](),
}

# A package stands behind one door, so that it can be replaced there.
DOORS = {
    "aiosqlite": ["db/engine"],
    "alembic": ["db"],
    "asyncpg": ["db", "live/broker"],
    "broadcaster": ["live/broker"],
    "databases": ["db/engine"],
    "jinja2": ["render"],
    "prometheus_client": ["live/metrics.py"],
    "redis": ["live/broker"],
    "sqlalchemy": ["db"],
    "sse_starlette": ["routes/streams/sse.py"],
    "starlette": ["app.py", "routes", "render/__init__.py", "settings.py"],
}

MODULES = sorted(
    path
    for room in BELOW
    for path in (*HOME.glob(f"{room}.py"), *HOME.joinpath(room).rglob("*.py"))
)


def named(path: Path) -> str:
    return path.relative_to(HOME).as_posix()


def room(path: Path) -> str:
    return path.relative_to(HOME).with_suffix("").parts[0]


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or anywhere else, as `package.module`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{named(path)}: a relative import hides the room"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_go_down_only(path: Path) -> None:
    rooms = {name.split(".")[0] for name in imports(path)} & {*BELOW, "tests", "bench"}
    assert rooms <= {room(path), *BELOW[room(path)]}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_packages_stay_behind_their_doors(path: Path) -> None:
    places = {named(path), *(parent.as_posix() for parent in path.relative_to(HOME).parents)}
    for package in {name.split(".")[0] for name in imports(path)} & set(DOORS):
        assert places & set(DOORS[package]), f"{package} in {named(path)}"


SEAM = "actions/changes.py"
EPHEMERAL = "actions/typing_notifications.py"
"""What is published without ever being stored."""


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) != "live"], ids=named)
def test_what_is_stored_is_published_by_the_seam_alone(path: Path) -> None:
    """`transaction` there publishes after the commit, and no other way to publish stands beside it.
    `app` opens and closes the broker."""
    if named(path) not in (SEAM, EPHEMERAL, "app.py"):
        assert "live.broker" not in set(imports(path))


@pytest.mark.parametrize(
    "path", [p for p in MODULES if room(p) != "db" and named(p) != SEAM], ids=named
)
def test_transactions_are_opened_by_the_seam_alone(path: Path) -> None:
    opened = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text()))
              if isinstance(node, ast.Call)}  # fmt: skip
    assert not opened & {"engine.transaction", "commit", "log.commit"}
    assert named(path) != EPHEMERAL or "transaction" not in opened


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_the_fast_websocket_can_be_taken_out(path: Path) -> None:
    box = "routes.streams.websocket"
    assert named(path).startswith("routes/streams/websocket/") or not any(
        name.startswith(box) for name in imports(path)
    )


def test_the_top_level_holds_no_other_rooms() -> None:
    rooms = {path.stem for path in HOME.glob("*.py")}
    rooms |= {path.parent.name for path in HOME.glob("*/__init__.py")}
    assert rooms - {"tests", "bench"} <= set(BELOW)
