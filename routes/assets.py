"""Static files under addresses that change with their content."""

import gzip
import re
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

FOR_EVER = "public, max-age=31536000, immutable"
TEXTS = ("text/", "image/svg+xml")


class Assets(StaticFiles):
    """`/static/<build>/<path>`: cached for ever by browsers while `<build>` is the current one.

    Any other build, from a page older or newer than this process, gets the current file, to be
    revalidated. Texts are compressed once, as well as possible.
    """

    def get_path(self, scope: Scope) -> str:
        scope["build"], _, path = super().get_path(scope).partition("/")
        return path

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        encoding = best_encoding(scope)
        if not isinstance(response, FileResponse) or encoding is None:
            return response
        if not response.headers["content-type"].startswith(TEXTS):
            return response
        headers = {
            "Cache-Control": response.headers["cache-control"],
            "Content-Encoding": encoding,
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
    """The first of `ENCODINGS` that the browser accepts; None for a HEAD request."""
    accepted = Headers(scope=scope).get("accept-encoding", "")
    names = [item.strip() for item in accepted.split(",")]
    if scope["method"] != "GET":
        return None
    return next((encoding for encoding in ENCODINGS if encoding in names), None)


@lru_cache(maxsize=200)
def compressed(path: Path, encoding: str) -> bytes:
    content = path.read_bytes()
    if path.parent.name == "js":  # a quarter of a script is for those who read it in the project
        content = INDENTATION.sub(b"", COMMENT.sub(b"", content))
    return bytes(ENCODINGS[encoding](content))


COMMENT = re.compile(rb"^\s*//.*\n", re.MULTILINE)
INDENTATION = re.compile(rb"^\s+", re.MULTILINE)


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {"br": brotli.compress, "gzip": gzip.compress}
"""Best first."""
