"""Chromium, which the other browser tests have open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page

from routes.access import COOKIE
from tests.browser.engines import HEIGHT, WIDTH, Engine


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


@asynccontextmanager
async def chromium(browser: Browser) -> AsyncIterator[Chromium]:
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    yield Chromium(page)
    await page.close()
