"""What whoever runs Parley asks it."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from db import engine


async def up(request: Request) -> Response:
    """200 where this process can serve people, else 503 with the reason."""
    try:
        await engine.row("SELECT 1 AS up")
    except engine.Unavailable as error:
        return PlainTextResponse(f"The database cannot be reached ({error}).\n", 503)
    return PlainTextResponse("up\n")
