"""Going to a day of a conversation, and to its other places."""

from datetime import UTC, datetime, timedelta

import pytest

from db.users import User
from render.messages import address_in_conversation
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, make_messages
from tests.pages import attribute, errors, parsed

DAY = 86_400_000
NOON = 1_700_049_600_000
"""15 November 2023, 12:00."""


@pytest.fixture
async def chat(user: User, other: User) -> int:
    return await make_conversation([user, other])


@pytest.mark.parametrize(
    ("on", "place"),
    [
        ("2023-11-14", 1),
        ("2023-11-15", 1),
        ("2023-11-16", 2),
        ("2023-11-17", 4),
        ("2023-11-18", 4),
        ("2023-11-19", 4),
        ("0001-01-01", 1),
    ],
)
async def test_a_day_leads_to_its_first_message_or_the_nearest(
    ada: Visitor, user: User, chat: int, on: str, place: int
) -> None:
    midnight = NOON + DAY // 2
    times = [NOON, midnight, midnight + DAY - 1, NOON + 3 * DAY]
    said = [await make_message(user, chat, created_at=time) for time in times]
    answer = await ada.get(f"/chat/{chat}/?on={on}")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        address_in_conversation(said[place - 1]),
    )


@pytest.mark.parametrize("on", ["", "x", "2023-02-30", "15.11.2023", "2023-1-1", "²023-01-01"])
async def test_what_is_no_day_is_refused_with_a_sentence(ada: Visitor, chat: int, on: str) -> None:
    refused = await ada.get(f"/chat/{chat}/?on={on}")
    assert refused.status_code == 422
    assert errors(refused.text) == {"on": "Type a date as in 2026-11-28."}
    assert attribute(parsed(refused.text).find("input", {"name": "on"}), "value") == on


async def test_a_day_that_is_still_to_come_is_refused(ada: Visitor, chat: int) -> None:
    on = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    refused = await ada.get(f"/chat/{chat}/?on={on}")
    assert (refused.status_code, errors(refused.text)) == (
        422,
        {"on": "This day is still to come."},
    )


async def test_an_empty_conversation_opens(ada: Visitor, chat: int) -> None:
    answer = await ada.get(f"/chat/{chat}/?on=2023-11-15")
    assert answer.headers["location"] == f"/chat/{chat}/"


async def test_the_page_leads_to_the_ends_and_the_first_unread(
    ada: Visitor, other: User, chat: int
) -> None:
    await make_messages(other, chat, 120)
    await ada.post(f"/chat/{chat}/read/", position="60")
    page = parsed((await ada.get(f"/chat/{chat}/places/")).text)
    links = [attribute(link, "href") for link in page.select("main .rows a")]
    unread, oldest, newest, pinned = links
    assert (await ada.page(oldest)).bodies()[0] == "Message 1"
    assert (await ada.page(newest)).bodies()[-1] == "Message 120"
    assert "Message 61" in (await ada.page(unread.partition("#")[0])).bodies()
    assert parsed((await ada.get(unread.partition("#")[0])).text).find(id="unread")
    assert pinned == f"/chat/{chat}/pinned/"
