"""What a person has before them: one tab of a real browser, with JavaScript or without."""

import re
import time
from contextlib import suppress
from typing import Self

from playwright.async_api import Locator, Page, Response, expect

from db import conversations, messages
from db.users import User
from tests import waiting
from tests.waiting import PATIENCE, eventually

HELD = """() => [...document.querySelectorAll('#messages .message')].map(
    li => [li.id, +li.dataset.position, +li.dataset.revision])"""
"""The messages in the DOM: id, position, revision. What is pending has no position: null."""

SCROLL = """top => {
    const scroller = document.getElementById('scroller')
    const uppermost = scroller.clientHeight - scroller.scrollHeight
    scroller.scrollTop = Math.min(0, Math.max(uppermost, top))
}"""
"""So far above the bottom (in the reversed column that is negative)."""

LEFT_OF = """(element, [a, b]) => {
    const left = letter => {
        const nodes = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), range = new Range()
        while (nodes.nextNode()) {
            const at = nodes.currentNode.data.indexOf(letter)
            if (at < 0) continue
            range.setStart(nodes.currentNode, at)
            range.setEnd(nodes.currentNode, at + 1)
            return range.getBoundingClientRect().left
        }
    }
    return left(a) < left(b)
}"""
"""Whether a letter in an element stands to the left of another."""

FROM_TOP = """() => document.getElementById('unread').getBoundingClientRect().top
    - document.getElementById('scroller').getBoundingClientRect().top"""
"""How far down the line before what is unread stands."""


class Screen:
    """One tab. `page` is Playwright's, for everything that has no word here."""

    user: User

    def __init__(self, page: Page, *, javascript: bool) -> None:
        self.page = page
        self.javascript = javascript

    async def another_tab(self) -> Self:
        """One more of the same browser."""
        tab = type(self)(await self.page.context.new_page(), javascript=self.javascript)
        if hasattr(self, "user"):
            tab.user = self.user
        return tab

    async def go(self, path: str | int, query: str = "") -> Response:
        """To a path, or to the conversation with this id."""
        address = f"/chat/{path}/" if isinstance(path, int) else path
        response = await self.page.goto(address + query)
        assert response is not None
        return response

    async def chat(self, conversation_id: int, tier: str | None = None) -> None:
        """To a conversation, until it is live: as it comes, or over a tier that is asked for."""
        await self.go(conversation_id, f"?live={tier}" if tier else "")
        if self.javascript:
            await self.is_live(tier)

    async def fill(self, **fields: str) -> None:
        """Write into inputs, by their names."""
        for name, value in fields.items():
            await self.page.locator(f"main [name={name}]").fill(value)

    async def press(self, words: str) -> None:
        """A button or link that says this."""
        button = self.page.get_by_role("button", name=words, exact=True)
        await button.or_(self.page.get_by_role("link", name=words, exact=True)).click()

    async def sign_out(self) -> None:
        """By the account menu."""
        await self.page.locator(".account summary").click()
        await self.press("Sign out")

    @property
    def composer(self) -> Locator:
        return self.page.locator("#body")

    async def say(self, body: str) -> None:
        """Send a message: with the key, or without JavaScript with the button."""
        await self.composer.fill(body)
        if self.javascript:
            await self.composer.press("Enter")
        else:
            await self.press("Send")

    @property
    def messages(self) -> Locator:
        """Those of the log, sent ones and pending ones."""
        return self.page.locator("#messages > .message")

    @property
    def pending(self) -> Locator:
        """What stands there and is being sent."""
        return self.page.locator("#messages > .sending .body")

    def message(self, body: str) -> Locator:
        return self.messages.filter(has=self.page.get_by_text(body, exact=True))

    async def say_too_much(self, text: str) -> None:
        """A page that counts does not send that: as if it did not."""
        await self.composer.fill(text)
        await self.page.evaluate("document.getElementById('composer').requestSubmit()")

    async def shows(self, *bodies: str) -> None:
        """Returns once these messages and no others stand here, all of them sent."""
        await self.sees(self.messages.locator(".body"), *bodies)
        pending = self.page.locator("#messages > .message:not([data-position])")
        await expect(pending).to_have_count(0)

    async def sees(self, where: Locator, *texts: str) -> None:
        """Returns once these texts stand there. Without JavaScript a page finds out when it is
        loaded, so it is, by its own link."""
        deadline = time.monotonic() + PATIENCE
        while not self.javascript and time.monotonic() < deadline:
            with suppress(AssertionError):
                await expect(where).to_have_text(list(texts), timeout=200)
                return
            await self.page.locator(".reload, a.plain").click()
        await expect(where).to_have_text(list(texts))

    async def is_live(self, tier: str | None = None) -> None:
        """Returns once the page says that it is, and over which tier."""
        connection = self.page.locator("#connection")
        await expect(connection).to_have_attribute("data-state", "live", timeout=30_000)
        if tier:
            await expect(connection).to_have_attribute("data-tier", tier, timeout=30_000)

    async def is_not_live(self, within: float) -> None:
        """The page says so within so many seconds."""
        with waiting.within(within):
            await expect(self.page.locator("#connection:not([data-state=live])")).to_be_attached()

    async def title_is(self, title: str) -> None:
        await expect(self.page).to_have_title(f"{title} — Parley")

    async def has_read(self, position: int) -> None:
        """The page tells that a moment after it has shown it; whoever leaves at once may not."""

        async def has_read() -> bool:
            place = await conversations.get(self.conversation_id, self.user.id)
            return place is not None and place.read_position >= position

        await eventually(has_read)

    async def held(self) -> list[tuple[str, int | None, int]]:
        return [
            (id, position, revision) for id, position, revision in await self.page.evaluate(HELD)
        ]

    async def holds_the_log(self, conversation_id: int, newest: int = 2**31) -> None:
        """Exactly what the database holds, in its order: the whole log, or so many at its end."""
        stored = await messages.before(conversation_id, 2**53, newest)
        wanted = [(f"message-{m.author_id}-{m.client_id}", m.position, m.revision) for m in stored]
        assert await self.held() == wanted

    @property
    def conversation_id(self) -> int:
        """Where one is."""
        found = re.search(r"/chat/(\d+)/", self.page.url)
        assert found, self.page.url
        return int(found[1])
