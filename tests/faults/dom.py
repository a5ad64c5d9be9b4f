"""Those who read under fire in a real browser: what counts is what stands in the DOM."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright, expect

from routes.access import COOKIE
from tests import programs
from tests.browser.conftest import OPTIONS
from tests.clients import Visitor
from tests.faults.states import Held, held_in

LIVE_WITHIN = 15.0
"""Seconds in which a page has found a way that works: each has 4 s for its first frame, and a
second try where plain HTTP is not prompt either."""

LETS_GO = 200
"""With so many messages or more a page may have let go of its oldest ones: it holds at most 300."""

NOTE = """() => {
    window.came = {}
    const all = () => [...document.querySelectorAll('#messages .message[data-position]')]
    const note = () => all().forEach(li => window.came[li.id] ??= Date.now() / 1000)
    note()
    new MutationObserver(note).observe(document.body,
        {subtree: true, childList: true, attributes: true, attributeFilter: ['data-position']})
    window.held = () => all().map(li => [li.id.slice(-36), window.came[li.id]])
}"""


MARKUP = "() => document.getElementById('messages').outerHTML"


class Browser:
    """A tab of Chromium at a conversation."""

    name = "browser"

    def __init__(self, page: Page) -> None:
        self.page = page
        self.has_let_go = False

    async def held(self) -> list[tuple[str, float]]:
        held = [(id, moment) for id, moment in await self.page.evaluate("window.held()")]
        self.has_let_go = len(held) >= LETS_GO
        return held

    async def states(self) -> dict[str, Held]:
        return held_in(await self.page.evaluate(MARKUP))

    def began_anew(self) -> bool:
        return self.has_let_go

    async def is_live(self, tier: str, within: float = LIVE_WITHIN) -> None:
        """Returns once the page says that it is, over this tier."""
        connection = self.page.locator(f"#connection[data-state=live][data-tier={tier}]")
        await expect(connection).to_be_attached(timeout=within * 1000)


@asynccontextmanager
async def browser(person: Visitor, url: str, conversation_id: int) -> AsyncIterator[Browser]:
    """A person's browser, which comes to the conversation by this way and is never reloaded."""
    async with async_playwright() as playwright:
        program = programs.headless_chromium()
        chromium = await playwright.chromium.launch(executable_path=program, args=OPTIONS)
        context = await chromium.new_context(base_url=url)
        value = person.http.cookies[COOKIE]
        await context.add_cookies([{"name": COOKIE, "value": value, "url": url}])
        page = await context.new_page()
        await page.goto(f"/chat/{conversation_id}/")
        await page.evaluate(NOTE)
        yield Browser(page)
        await chromium.close()
