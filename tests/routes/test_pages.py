"""What a page asks of the database: as much for much as for little, and over one connection."""

import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from db import engine, participants
from db.engine import deadline
from tests.applications import Site
from tests.factories import make_conversation, make_message, make_messages, make_user
from tests.pages import attribute, parsed

Asking = Callable[[str], Awaitable[tuple[int, int]]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """For each statement of a request, the connection that its task holds. What runs beside
    requests has no deadline."""
    held: list[object] = []
    rows = engine.rows

    async def counted(sql: str, **values: Any) -> Any:
        answer = await rows(sql, **values)
        if deadline.remaining() < math.inf:
            held.append(engine.opened()._connection)
        return answer

    monkeypatch.setattr(engine, "rows", counted)
    return held


@pytest.mark.parametrize(
    ("path", "statements"), [("/", 2), ("/chat/{}/", 11), ("/chat/{}/?before=60", 12)]
)
async def test_a_page_asks_as_often_for_much_as_for_little(
    site: Site, asked: list[object], path: str, statements: int
) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    visitor = await site.visitor(ada)
    chat = await make_conversation([ada, bob])
    await make_message(bob, chat)
    await make_messages(bob, chat, 2)

    async def count() -> int:
        asked.clear()
        assert (await visitor.get(path.format(chat))).status_code == 200
        [connection] = set(asked)
        assert connection, "one connection holds while a page is read"
        return len(asked)

    few = await count()
    await make_messages(bob, chat, 200)
    await participants.update_read([(chat, ada.id, 203)])
    for number in range(40):
        await make_messages(bob, await make_conversation([ada, bob], f"Tea {number}"), 3)
    # One more for the line of a conversation that is not among the newest.
    assert (few, await count()) == (statements, statements + (path != "/"))
    await make_message(bob, chat)
    assert await count() == statements


async def test_a_page_says_what_parley_is(site: Site) -> None:
    page = parsed((await (await site.stranger()).get("/login/")).text)
    description = attribute(page.find("meta", {"name": "description"}), "content")
    assert description.startswith("Parley is a messenger for the web")
