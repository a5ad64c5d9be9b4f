"""Static files under addresses that change with their content."""

import gzip
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import brotli
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from render.assets import static_build
from render.bundles import bundle

FOR_EVER = "max-age=31536000, immutable"
TEXTS = ("text/", "image/svg+xml")


class Assets(StaticFiles):
    """`/static/<build>/<path>`: cached for ever by browsers while `<build>` is the current one.

    Another build's address, from a page that is older or newer than this process, gets the file
    as it is here, to be asked for again. Texts are bundled and compressed as well as can be, once.
    """

    def get_path(self, scope: Scope) -> str:
        scope["build"], _, path = super().get_path(scope).partition("/")
        return path

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        encoding = best_encoding(scope)
        if not isinstance(response, FileResponse) or encoding is None:
            return response
        if encoding == "identity" and not path.endswith((".css", ".js")):
            return response
        if not response.headers["content-type"].startswith(TEXTS):
            return response
        headers = {
            "Cache-Control": response.headers["cache-control"],
            **({} if encoding == "identity" else {"Content-Encoding": encoding}),
            "Vary": "Accept-Encoding",
        }
        return Response(
            compressed(Path(response.path), encoding),
            media_type=response.media_type,
            headers=headers,
        )

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        scope: Mapping[str, Any] = args[2] if len(args) > 2 else options["scope"]
        is_present = scope["build"] == static_build()
        response.headers["Cache-Control"] = FOR_EVER if is_present else "no-cache"
        return response


def best_encoding(scope: Scope) -> str | None:
    """The best of `ENCODINGS` that the browser takes; None for a HEAD request."""
    accepted = Headers(scope=scope).get("accept-encoding", "")
    names = [item.strip() for item in accepted.split(",")]
    if scope["method"] != "GET":
        return None
    return next((encoding for encoding in ENCODINGS if encoding in names), "identity")


@lru_cache(maxsize=200)
def compressed(path: Path, encoding: str) -> bytes:
    return bytes(ENCODINGS[encoding](bundle(path)))


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.compress,
    "gzip": gzip.compress,
    "identity": bytes,
}
"""The best first."""
