"""Health and metrics, for operators."""

import asyncio
import secrets
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

import settings
from db import engine, migration
from live import metrics
from routes import access

UP_TIMEOUT = 0.15
"""Seconds after which a database that has not answered counts as unavailable."""

DEGRADED = (
    "up\nThe broker cannot be reached: messages are stored, and found in the database within "
    "seconds.\n"
)

_look: asyncio.Task[str] | None = None


async def up(is_broker_up: Callable[[], bool], request: Request) -> Response:
    """200 if this process can serve, with a note if it is degraded; else 503 with the reason.

    Answers within 200 ms whatever is broken.
    """
    reason = await database_fault()
    if reason:
        return PlainTextResponse(reason + "\n", 503, {"Cache-Control": "no-store"})
    text = "up\n" if is_broker_up() else DEGRADED
    return PlainTextResponse(text, headers={"Cache-Control": "no-store"})


async def database_fault() -> str:
    """What is wrong with the database; empty if nothing is.

    A check is never cancelled, since that may take longer than the check; later requests share it.
    So however often this is requested, a database that hangs holds one connection at most.
    """
    global _look
    if _look is None or _look.done():
        _look = asyncio.create_task(look())
    await asyncio.wait([_look], timeout=UP_TIMEOUT)
    if _look.done():
        return _look.result()
    use = engine.pool_use()
    if use.get("used") == use.get("limit"):
        return "The database cannot be queried: all connections of the pool are in use."
    return f"The database did not answer within {UP_TIMEOUT:g} seconds."


async def look() -> str:
    try:
        revision = await migration.revision()
    except engine.Unavailable as error:
        return f"The database cannot be reached ({error})."
    if revision is None or revision < migration.HEAD:
        return (
            f"The database is at revision {revision or 'none'}, this needs {migration.HEAD}: "
            "run python -m db.migration."
        )
    return ""


async def show_metrics(request: Request) -> Response:
    """The metrics of all workers; 404 for clients that may not read them."""
    if not may_read_metrics(request):
        access.not_found()
    text = await run_in_threadpool(metrics.exposition)
    return Response(text, media_type=metrics.CONTENT_TYPE)


def may_read_metrics(request: Request) -> bool:
    """Whether the client has the token. That a client is this machine says nothing: it may be a
    proxy that names no other."""
    given = request.headers.get("authorization", "").encode()
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    return bool(settings.METRICS_TOKEN) and secrets.compare_digest(given, expected)
