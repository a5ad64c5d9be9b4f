"""Frames may come in any order and more than once: the latest revision stands, once."""

import uuid
from itertools import count

from playwright.async_api import WebSocketRoute, expect

from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen

CURSORS = count(100)


async def test_an_older_revision_never_overwrites_a_newer_one(people: People) -> None:
    ada = await people.join("ada")
    id = await factories.make_conversation([ada.user])
    await factories.make_message(ada.user, id, "First")
    sockets: list[WebSocketRoute] = []

    def opened(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    await ada.page.route_web_socket("**/ws/**", opened)
    await ada.chat(id, "ws")
    client_id = str(uuid.uuid4())
    for revision, body in ((5, "Edited"), (4, "As it was"), (5, "Edited")):
        await receive(ada, sockets[-1], message(ada.user.id, client_id, revision, body))
        await ada.shows("First", "Edited")
        await expect(ada.messages.last).to_have_attribute("data-revision", "5")
    await receive(ada, sockets[-1], message(ada.user.id, client_id, 6, "Edited again"))
    await ada.shows("First", "Edited again")


async def receive(screen: Screen, socket: WebSocketRoute, frame: str) -> None:
    """A frame comes in; returns once it has been applied."""
    cursor = next(CURSORS)
    socket.send(f'{frame}<hx-cursor revision="{cursor}"></hx-cursor>')
    await expect(screen.page.locator("#conversation")).to_have_attribute("data-cursor", str(cursor))


def message(author_id: int, client_id: str, revision: int, body: str) -> str:
    """A message at position 4, as a frame."""
    return (
        '<hx-partial hx-target="#messages" hx-swap="keyed">'
        f'<li class="message" id="message-{author_id}-{client_id}" data-position="4"'
        f' data-revision="{revision}" data-author="{author_id}" data-created="1">'
        f'<time datetime="2026-11-27T09:00:00Z">09:00</time><p class="body">{body}</p></li>'
        "</hx-partial>"
    )
