"""README's pictures, drawn from the demonstration. bin/screenshot runs this."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from actions.demo import PASSWORD, PEOPLE
from tests import programs
from tests.applications import HOME, Process
from tests.browser.conftest import OPTIONS

DOCS = HOME / "docs"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 780}
NARROW: ViewportSize = {"width": 720, "height": 780}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        url = f"sqlite:///{folder}/parley.sqlite3"
        with Process(DATABASE_URL=url) as process:
            process.start()
            demo = [sys.executable, "-m", "actions.demo"]
            subprocess.run(
                demo,
                cwd=HOME,
                env=os.environ | {"DATABASE_URL": url},
                check=True,
                stdout=sys.stderr,
            )
            for picture in asyncio.run(draw(process.url)):
                print(picture.relative_to(HOME))


async def draw(url: str) -> list[Path]:
    """Mira's screen while Jonas writes to her: at a desk, in the dark, on a phone, without
    JavaScript."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=programs.chromium(), args=OPTIONS
        )
        plain = await visit(chromium, url, "mira", NARROW, java_script_enabled=False)
        await open_conversation(plain, PEOPLE["jonas"])
        pictures = [await taken(plain, "plain")]
        jonas = await visit(chromium, url, "jonas", DESKTOP)
        await open_conversation(jonas, PEOPLE["mira"])
        for name, size, scheme in (
            ("parley", DESKTOP, "light"),
            ("dark", DESKTOP, "dark"),
            ("phone", PHONE, "light"),
        ):
            mira = await visit(chromium, url, "mira", size, color_scheme=scheme)
            await open_conversation(mira, PEOPLE["jonas"])
            await expect(mira.get_by_text("Online", exact=True)).to_be_visible()
            await jonas.locator("#body").fill("")
            await jonas.locator("#body").press_sequentially("Not those")
            await expect(mira.get_by_text("is typing…")).to_be_visible()
            pictures.append(await taken(mira, name))
        await chromium.close()
    return pictures


async def visit(
    chromium: Browser, url: str, username: str, size: ViewportSize, **options: Any
) -> Page:
    """A user's inbox."""
    page = await chromium.new_page(
        base_url=url, viewport=size, locale="en-GB", timezone_id="UTC", **options
    )
    await page.goto("/login/")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    return page


async def open_conversation(page: Page, name: str) -> None:
    await page.get_by_role("link", name=name, exact=True).click()
    await expect(page.locator("#composer")).to_be_visible()
    if await page.evaluate("typeof htmx") != "undefined":
        await expect(page.locator("#connection[data-state=live]")).to_be_attached()


async def taken(page: Page, name: str) -> Path:
    picture = DOCS / f"{name}.png"
    await page.screenshot(path=picture)
    return picture


if __name__ == "__main__":
    main()
