"""README's picture, drawn from the demonstration. bin/screenshot runs this."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, ViewportSize, async_playwright, expect

from actions.demo import PASSWORD, PEOPLE
from tests import programs
from tests.applications import HOME, Process
from tests.browser.conftest import OPTIONS

PICTURE = HOME / "docs" / "parley.png"
SIZE: ViewportSize = {"width": 1280, "height": 800}


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
            asyncio.run(draw(process.url, PICTURE))
    print(PICTURE.relative_to(HOME))


async def draw(url: str, file: Path) -> None:
    """Mira's screen while Jonas writes to her."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=programs.chromium(), args=OPTIONS
        )
        pages = []
        for username, other in (("mira", "jonas"), ("jonas", "mira")):
            page = await chromium.new_page(
                base_url=url, viewport=SIZE, locale="en-GB", timezone_id="UTC"
            )
            await open_conversation(page, username, PEOPLE[other])
            pages.append(page)
        mira, jonas = pages
        await expect(mira.get_by_text("Online", exact=True)).to_be_visible()
        await jonas.locator("#body").press_sequentially("Not those")
        await expect(mira.get_by_text("is typing…")).to_be_visible()
        await mira.screenshot(path=file)
        await chromium.close()


async def open_conversation(page: Page, username: str, name: str) -> None:
    await page.goto("/login/")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("link", name=name, exact=True).click()
    await expect(page.locator("#connection[data-state=live]")).to_be_attached()


if __name__ == "__main__":
    main()
