"""WebKit: Debian's WebKitGTK, by the WebDriver that comes with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from routes.access import COOKIE
from tests import programs
from tests.browser.engines import HEIGHT, WIDTH, Engine
from tests.browser.engines.processes import on_a_screen
from tests.servers import free_port
from tests.waiting import PATIENCE, eventually


class WebKit(Engine):
    def __init__(self, driver: httpx.AsyncClient) -> None:
        self.driver = driver

    async def open(self, url: str, session: str, path: str) -> None:
        await self.command("url", url=f"{url}/up")
        await self.command("cookie", cookie={"name": COOKIE, "value": session, "path": "/"})
        await self.command("url", url=url + path)

    async def run(self, function: str, *arguments: object) -> Any:
        script = f"return ({function})(...arguments)"
        return await self.command("execute/sync", script=script, args=list(arguments))

    async def resize(self, width: int, height: int) -> None:
        await self.command("window/rect", width=width, height=height)

    async def command(self, path: str, **parameters: Any) -> Any:
        response = await self.driver.post(path, json=parameters)
        value = response.json()["value"]
        assert response.is_success, value
        return value


@asynccontextmanager
async def webkit(home: Path) -> AsyncIterator[WebKit]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    driver = programs.webkit_driver(), f"--port={port}", "--host=127.0.0.1"
    client = httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False)
    async with on_a_screen(*driver, home=home), client:
        await eventually(lambda: listens(port))
        options = {"binary": str(programs.minibrowser()), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        session = (await client.post("session", json=wanted)).json()["value"]
        client.base_url = httpx.URL(f"{url}session/{session['sessionId']}/")
        browser = WebKit(client)
        await browser.resize(WIDTH, HEIGHT)
        yield browser
        await client.delete("")


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
