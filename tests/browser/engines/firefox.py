"""Firefox, by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks itself."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from routes.access import COOKIE
from tests import programs
from tests.browser.engines import HEIGHT, WIDTH, Engine
from tests.browser.engines.processes import on_a_screen
from tests.waiting import eventually

PREFERENCES = 'user_pref("gfx.webrender.software", true);'
"""No graphics card is needed."""


class Firefox(Engine):
    """Commands are sent one at a time, and no event is asked for, so each answer is the next."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.ids = count(1)
        self.context = ""

    async def open(self, url: str, session: str, path: str) -> None:
        host = urlsplit(url).hostname
        value = {"type": "string", "value": session}
        cookie = {"name": COOKIE, "value": value, "domain": host, "path": "/"}
        await self.command("storage.setCookie", cookie=cookie)
        await self.command(
            "browsingContext.navigate", context=self.context, url=url + path, wait="complete"
        )

    async def run(self, function: str, *arguments: object) -> Any:
        result = await self.command(
            "script.callFunction",
            functionDeclaration=f"""async given =>
                JSON.stringify(await ({function})(...JSON.parse(given)) ?? null)""",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self.context},
            awaitPromise=True,
        )
        assert result["type"] == "success", result
        return json.loads(result["result"]["value"])

    async def resize(self, width: int, height: int) -> None:
        viewport = {"width": width, "height": height}
        await self.command("browsingContext.setViewport", context=self.context, viewport=viewport)

    async def command(self, method: str, **parameters: object) -> Any:
        id = next(self.ids)
        await self.connection.send(json.dumps({"id": id, "method": method, "params": parameters}))
        answer = json.loads(await self.connection.recv())
        assert answer["id"] == id, answer
        assert answer["type"] == "success", answer
        return answer["result"]


@asynccontextmanager
async def firefox(home: Path) -> AsyncIterator[Firefox]:
    (home / "user.js").write_text(PREFERENCES)
    command = programs.firefox(), "--remote-debugging-port", "0", "--profile", home
    async with (
        on_a_screen(*command, home=home),
        connect(await eventually(lambda: address(home)), max_size=None, proxy=None) as connection,
    ):
        browser = Firefox(connection)
        await browser.command("session.new", capabilities={})
        tree = await browser.command("browsingContext.getTree")
        browser.context = tree["contexts"][0]["context"]
        await browser.resize(WIDTH, HEIGHT)
        yield browser


def address(profile: Path) -> str:
    """Where it listens: it writes that into its profile. Empty until then."""
    file = profile / "WebDriverBiDiServer.json"
    with suppress(FileNotFoundError, ValueError):
        server = json.loads(file.read_text())
        return f"ws://{server['ws_host']}:{server['ws_port']}/session"
    return ""
