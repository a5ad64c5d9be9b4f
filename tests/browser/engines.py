"""Each browser engine, spoken to in as few words: go somewhere, run a script, change its size.

WebKit is Debian's WebKitGTK, by its own WebDriver, which needs a screen (Xvfb).
"""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx
from playwright.async_api import Browser, Page

from routes.access import COOKIE
from tests import programs
from tests.servers import free_port
from tests.waiting import PATIENCE, eventually

WIDTH, HEIGHT = 1280, 800


class Engine(ABC):
    """One window of a browser."""

    @abstractmethod
    async def open(self, url: str, session: str, path: str) -> None:
        """A page of the site at `url`, in the session of this token."""

    @abstractmethod
    async def run(self, function: str, *arguments: object) -> Any:
        """What a function of JavaScript returns, or resolves to."""

    @abstractmethod
    async def resize(self, width: int, height: int) -> None: ...

    async def becomes(self, function: str, *arguments: object) -> None:
        """Returns once a function of JavaScript returns something true."""

        async def is_so() -> bool:
            return bool(await self.run(function, *arguments))

        await eventually(is_so)


class Chromium(Engine):
    def __init__(self, page: Page) -> None:
        self.page = page

    async def open(self, url: str, session: str, path: str) -> None:
        await self.page.context.add_cookies([{"name": COOKIE, "value": session, "url": url}])
        await self.page.goto(url + path)

    async def run(self, function: str, *arguments: object) -> Any:
        return await self.page.evaluate(f"given => ({function})(...given)", list(arguments))

    async def resize(self, width: int, height: int) -> None:
        await self.page.set_viewport_size({"width": width, "height": height})


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
async def chromium(browser: Browser) -> AsyncIterator[Chromium]:
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    yield Chromium(page)
    await page.close()


@asynccontextmanager
async def webkit() -> AsyncIterator[WebKit]:
    port = free_port()
    async with AsyncExitStack() as stack:
        screen = await stack.enter_async_context(xvfb())
        driver = [str(programs.webkit_driver()), f"--port={port}", "--host=127.0.0.1"]
        await stack.enter_async_context(running(*driver, DISPLAY=screen, GDK_BACKEND="x11"))
        _, writer = await connected(port)
        writer.close()
        options = {"binary": str(programs.minibrowser()), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        url = f"http://127.0.0.1:{port}/"
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=60))
        session = (await client.post("session", json=wanted)).json()["value"]
        client.base_url = httpx.URL(f"{url}session/{session['sessionId']}/")
        stack.push_async_callback(client.delete, "")
        browser = WebKit(client)
        await browser.resize(WIDTH, HEIGHT)
        yield browser


@asynccontextmanager
async def xvfb() -> AsyncIterator[str]:
    """The name of a virtual screen."""
    read, write = os.pipe()
    command = [str(programs.xvfb()), "-displayfd", str(write), "-screen", "0", "1600x1200x24"]
    async with running(*command, pass_fds=[write]):
        os.close(write)
        name = await asyncio.to_thread(os.read, read, 8)
        os.close(read)
        yield f":{name.decode().strip()}"


@asynccontextmanager
async def running(
    *command: str, pass_fds: list[int] | None = None, **environment: str
) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | environment,
        pass_fds=pass_fds or [],
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
            await asyncio.sleep(0.05)
