"""Frames may come in any order and more than once: the latest revision stands, once."""

import uuid

from playwright.async_api import expect

from render.assets import asset
from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen

APPLY = "async ([module, frame]) => (await import(module)).apply(frame)"


async def test_an_older_revision_never_overwrites_a_newer_one(people: People) -> None:
    ada = await people.join("ada")
    id = await factories.make_conversation([ada.user])
    await factories.make_message(ada.user, id, "First")
    await ada.chat(id)
    client_id = str(uuid.uuid4())
    for revision, body in ((5, "Edited"), (4, "As it was"), (5, "Edited")):
        await apply(ada, message(ada.user.id, client_id, revision, body))
        await ada.shows("First", "Edited")
        await expect(ada.messages.last).to_have_attribute("data-revision", "5")
    await apply(ada, message(ada.user.id, client_id, 6, "Edited again"))
    await ada.shows("First", "Edited again")


async def apply(screen: Screen, frame: str) -> None:
    await screen.page.evaluate(APPLY, [asset("js/frames.js"), frame])


def message(author_id: int, client_id: str, revision: int, body: str) -> str:
    """A message at position 4, as a frame."""
    return (
        '<hx-partial hx-target="#messages" hx-swap="keyed">'
        f'<li class="message" id="message-{author_id}-{client_id}" data-position="4"'
        f' data-revision="{revision}" data-author="{author_id}" data-created="1">'
        f'<time datetime="2026-11-27T09:00:00Z">09:00</time><p class="body">{body}</p></li>'
        "</hx-partial>"
    )
