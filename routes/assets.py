"""Static files under addresses that change with their content."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import render

FOR_EVER = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """`/static/<build>/<path>`: kept for ever by browsers while `<build>` is the present one.

    Another build's address, from a page that is older or newer than this process, gets the file
    as it is here, to be asked for again.
    """

    def get_path(self, scope: Scope) -> str:
        scope["build"], _, path = super().get_path(scope).partition("/")
        return path

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        scope: Mapping[str, Any] = args[2] if len(args) > 2 else options["scope"]
        is_present = scope["build"] == render.static_build()
        response.headers["Cache-Control"] = FOR_EVER if is_present else "no-cache"
        return response
