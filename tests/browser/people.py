"""People at a real browser, and what they have before them."""

from contextlib import AsyncExitStack
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, WebError

from db.users import User
from routes.access import COOKIE
from tests import factories
from tests.browser.screen import Screen


class People:
    """Who visits a site, each with a browser of their own. At the end none of them may have met
    a script's error, a dialog or a violation of the Content Security Policy."""

    def __init__(self, chromium: Browser, url: str) -> None:
        self.chromium = chromium
        self.url = url
        self.contexts = AsyncExitStack()
        self.trouble: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, failure: object, *_: object) -> None:
        await self.contexts.aclose()
        assert failure or not self.trouble, self.trouble

    async def stranger(self, *, javascript: bool = True, **options: Any) -> Screen:
        """Somebody who is not signed in. `options` are those of a Playwright context."""
        context = await self.chromium.new_context(
            base_url=self.url, java_script_enabled=javascript, **options
        )
        await self.contexts.enter_async_context(context)
        self.watch(context)
        return Screen(await context.new_page(), javascript=javascript)

    async def join(self, username: str, *, javascript: bool = True, **options: Any) -> Screen:
        """Somebody new, signed in. The database has to be open here."""
        user = await factories.make_user(username)
        return await self.sign_in(user, javascript=javascript, **options)

    async def sign_in(self, user: User, *, javascript: bool = True, **options: Any) -> Screen:
        """One more browser of somebody's."""
        screen = await self.stranger(javascript=javascript, **options)
        token = await factories.make_session(user)
        cookie = {"name": COOKIE, "value": token, "url": self.url, "httpOnly": True}
        await screen.page.context.add_cookies([cookie])  # type: ignore[list-item]
        screen.user = user
        return screen

    async def pair(self, tier: str | None = None) -> tuple[Screen, Screen, int]:
        """Ada and Bob, both at their conversation and live there, and its id."""
        ada, bob = await self.join("ada"), await self.join("bob")
        id = await factories.make_conversation([ada.user, bob.user])
        await ada.chat(id, tier)
        await bob.chat(id, tier)
        return ada, bob, id

    def watch(self, context: BrowserContext) -> None:
        """Note what should never happen in a person's browser."""

        async def asked(dialog: Dialog) -> None:
            self.trouble.append(f"dialog: {dialog.message}")
            await dialog.dismiss()

        def failed(error: WebError) -> None:
            self.trouble.append(f"script: {error.error}")

        def said(message: ConsoleMessage) -> None:
            if "Content Security Policy" in message.text:
                self.trouble.append(message.text)

        context.on("dialog", asked)
        context.on("weberror", failed)
        context.on("console", said)
