"""Static files under addresses that change with their content."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import brotli
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import render

FOR_EVER = "public, max-age=31536000, immutable"
TEXTS = ("text/", "image/svg+xml")


class Assets(StaticFiles):
    """`/static/<build>/<path>`: kept for ever by browsers while `<build>` is the present one.

    Another build's address, from a page that is older or newer than this process, gets the file
    as it is here, to be asked for again. Texts are compressed as well as brotli can, once.
    """

    def get_path(self, scope: Scope) -> str:
        scope["build"], _, path = super().get_path(scope).partition("/")
        return path

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if not isinstance(response, FileResponse) or not takes_brotli(scope):
            return response
        if not response.headers["content-type"].startswith(TEXTS):
            return response
        headers = {
            "Cache-Control": response.headers["cache-control"],
            "Content-Encoding": "br",
            "Vary": "Accept-Encoding",
        }
        return Response(
            compressed(Path(response.path)), media_type=response.media_type, headers=headers
        )

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        scope: Mapping[str, Any] = args[2] if len(args) > 2 else options["scope"]
        is_present = scope["build"] == render.static_build()
        response.headers["Cache-Control"] = FOR_EVER if is_present else "no-cache"
        return response


def takes_brotli(scope: Scope) -> bool:
    accepted = Headers(scope=scope).get("accept-encoding", "")
    return scope["method"] == "GET" and "br" in [item.strip() for item in accepted.split(",")]


@lru_cache(maxsize=100)
def compressed(path: Path) -> bytes:
    return bytes(brotli.compress(path.read_bytes()))
