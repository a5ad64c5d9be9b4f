"""The private names of other packages that Parley stands on, so that an upgrade fails here first.

Where a name is gone, read the module that uses it beside the package's new source.
"""

import inspect
from importlib import import_module

import pytest

HTTP = "uvicorn.protocols.http.httptools_impl.HttpToolsProtocol"
WEBSOCKET = "uvicorn.protocols.websockets.websockets_sansio_impl.WebSocketsSansIOProtocol"

PRIVATE_NAMES = {
    # How a connection is counted, shared by a task, and released; where SQLAlchemy is replaced.
    "db/engine/database.py": [
        "databases.core.Database._backend",
        "databases.core.Database._connection",
        "databases.core.Connection._build_query",
        "databases.core.Connection._connection",
        "databases.core.Connection._connection_counter",
        "databases.core.Connection._connection_lock",
        "databases.core.Connection._database",
        "databases.core.Connection._transaction_lock",
        "databases.core.Connection._transaction_stack",
        "databases.core.Transaction._connection",
        "databases.core.Transaction._extra_options",
    ],
    # How a connection is taken from asyncpg's pool and returned.
    "db/engine/postgres.py": [
        "databases.backends.postgres.PostgresBackend._dialect",
        "databases.backends.postgres.PostgresBackend._options",
        "databases.backends.postgres.PostgresBackend._pool",
        "databases.backends.postgres.PostgresConnection._connection",
        "databases.backends.postgres.PostgresConnection._database",
        "databases.backends.postgres.PostgresTransaction._connection",
    ],
    # How work is queued for a connection's thread.
    "db/engine/sqlite.py": [
        "aiosqlite.Connection._conn",
        "aiosqlite.Connection._execute",
        "aiosqlite.Connection._thread",
        "databases.backends.sqlite.SQLiteBackend._dialect",
        "databases.backends.sqlite.SQLiteBackend._pool",
        "databases.backends.sqlite.SQLiteConnection._connection",
        "databases.backends.sqlite.SQLiteConnection._pool",
        "databases.backends.sqlite.SQLiteTransaction._connection",
        "databases.backends.sqlite.SQLiteTransaction._is_root",
    ],
    # Without it, logging does not look for its caller (Python's logging HOWTO, "Optimization").
    "routes/middleware/log_format.py": ["logging._srcfile"],
    # The response without its group of tasks.
    "routes/streams/sse.py": [
        "sse_starlette.EventSourceResponse._listen_for_disconnect",
        "sse_starlette.EventSourceResponse._send_lock",
        "sse_starlette.EventSourceResponse._stream_response",
    ],
    # The handshake, and what is left to hand over after it.
    "routes/streams/websocket/uvicorn_protocols.py": [
        f"{HTTP}.connection_made",
        f"{HTTP}.handle_websocket_upgrade",
        f"{HTTP}.parser",
        f"{WEBSOCKET}.close_sent",
        f"{WEBSOCKET}.conn",
        f"{WEBSOCKET}.connections",
        f"{WEBSOCKET}.data_received",
        f"{WEBSOCKET}.disconnected",
        f"{WEBSOCKET}.handle_connect",
        f"{WEBSOCKET}.handshake_complete",
        f"{WEBSOCKET}.handshake_initiated",
        f"{WEBSOCKET}.logger",
        f"{WEBSOCKET}.scope",
        f"{WEBSOCKET}.stop_keepalive",
        f"{WEBSOCKET}.transport",
        f"{WEBSOCKET}.writable",
        "websockets.protocol.Protocol.parser",
    ],
}


@pytest.mark.parametrize(
    ("user", "name"),
    [(user, name) for user, names in PRIVATE_NAMES.items() for name in names],
)
def test_a_private_name_still_exists(user: str, name: str) -> None:
    owner, _, attribute = name.rpartition(".")
    assert has(found(owner), attribute), f"{name} is gone: see {user}"


def found(name: str) -> object:
    """A module, or a class of one."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(import_module(module), attribute)


def has(owner: object, name: str) -> bool:
    """Whether it has an attribute, or sets it on its instances."""
    if hasattr(owner, name):
        return True
    return inspect.isclass(owner) and f"self.{name}" in inspect.getsource(owner)
