"""Pages of a log: both ways, at every edge."""

import pytest

from db import conversations, participants
from db.users import User
from routes.message_pages import MessagePage, load_page
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, make_messages, make_user
from tests.pages import attribute, parsed, shown

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


@pytest.fixture
async def ada(database: str) -> User:
    return await make_user("ada", "Ada")


async def page(
    ada: User, chat: int, before: int | None = None, after: int | None = None, at: int | None = None
) -> MessagePage:
    conversation = await conversations.get(chat, ada.id)
    assert conversation is not None
    return await load_page(conversation, before, after, at)


def ends(log: MessagePage) -> tuple[int, int, int | None, int | None]:
    """First and last position, and where the pages beside it begin."""
    return log.messages[0].position, log.messages[-1].position, log.before, log.after


async def test_an_empty_log_has_no_pages(ada: User) -> None:
    chat = await make_conversation([ada])
    for log in (
        await page(ada, chat),
        await page(ada, chat, before=1),
        await page(ada, chat, at=0),
    ):
        assert (log.messages, log.before, log.after, log.cursor) == ([], None, None, 0)


@pytest.mark.parametrize(
    ("number", "first", "before"),
    [(1, 1, None), (49, 1, None), (50, 1, None), (51, 2, 2), (101, 52, 52)],
)
async def test_the_newest_page_comes_first(
    ada: User, number: int, first: int, before: int | None
) -> None:
    chat = await make_conversation([ada])
    await make_messages(ada, chat, number)
    log = await page(ada, chat)
    assert ends(log) == (first, number, before, None)
    assert log.cursor == number
    positions = [message.position for message in log.messages]
    assert positions == list(range(first, number + 1))


async def test_older_pages_meet_without_a_gap_or_a_repeat(ada: User) -> None:
    chat = await make_conversation([ada])
    await make_messages(ada, chat, 101)
    log = await page(ada, chat)
    seen = [message.position for message in log.messages]
    while log.before is not None:
        log = await page(ada, chat, before=log.before)
        assert log.after == log.messages[-1].position == seen[0] - 1
        seen = [message.position for message in log.messages] + seen
    assert seen == list(range(1, 102))
    assert len(log.messages) == 1


async def test_newer_pages_meet_without_a_gap_or_a_repeat(ada: User) -> None:
    chat = await make_conversation([ada])
    await make_messages(ada, chat, 101)
    log = await page(ada, chat, after=0)
    assert ends(log) == (1, 50, None, 50)
    seen = [message.position for message in log.messages]
    while log.after is not None:
        log = await page(ada, chat, after=log.after)
        assert log.before == log.messages[0].position == seen[-1] + 1
        seen += [message.position for message in log.messages]
    assert seen == list(range(1, 102))
    assert len(log.messages) == 1


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"before": 0}, (1, 50, None, 50)),
        ({"before": 1}, (1, 50, None, 50)),
        ({"before": 2}, (1, 1, None, 1)),
        ({"before": 51}, (1, 50, None, 50)),
        ({"before": 52}, (2, 51, 2, 51)),
        ({"before": 102}, (52, 101, 52, None)),
        ({"before": 2**53}, (52, 101, 52, None)),
        ({"after": 0}, (1, 50, None, 50)),
        ({"after": 1}, (2, 51, 2, 51)),
        ({"after": 51}, (52, 101, 52, None)),
        ({"after": 100}, (101, 101, 101, None)),
        ({"after": 101}, (52, 101, 52, None)),
        ({"after": 2**53}, (52, 101, 52, None)),
        ({"at": 1}, (1, 25, None, 25)),
        ({"at": 25}, (1, 49, None, 49)),
        ({"at": 26}, (1, 50, None, 50)),
        ({"at": 27}, (2, 51, 2, 51)),
        ({"at": 101}, (76, 101, 76, None)),
        ({"at": 102}, (77, 101, 77, None)),
        ({"at": 2**53}, (77, 101, 77, None)),
    ],
    ids=str,
)
async def test_a_page_at_any_place(
    ada: User, where: dict[str, int], expected: tuple[int, int, int | None, int | None]
) -> None:
    chat = await make_conversation([ada])
    await make_messages(ada, chat, 101)
    assert ends(await page(ada, chat, **where)) == expected


async def test_the_unread_begin_where_others_have_written(ada: User) -> None:
    bob = await make_user()
    chat = await make_conversation([ada, bob])
    await make_message(bob, chat)
    assert (await page(ada, chat)).first_unread == 1, "nothing is older"
    await make_messages(ada, chat, 2)
    await make_message(bob, chat)
    assert (await page(bob, chat)).first_unread == 2
    await participants.update_read([(chat, ada.id, 1)])
    assert (await page(ada, chat)).first_unread == 4, "one's own are never unread"
    await participants.update_read([(chat, ada.id, 4)])
    assert (await page(ada, chat)).first_unread is None


# As pages


def links(html: str) -> dict[str, str]:
    """The links to other pages of the log, by class."""
    page = parsed(html)
    found = {name: page.select_one(f"li.{name} > a") for name in ("older", "newer")}
    return {name: attribute(link, "href") for name, link in found.items() if link}


async def pages(visitor: Visitor, path: str, way: str) -> list[tuple[str, list[int]]]:
    """Every page that one link after the other leads to, with the positions on it."""
    found = []
    while path:
        html = (await visitor.get(path)).text
        found.append((path, [message.position for message in shown(parsed(html))]))
        path = links(html).get(way, "")
    return found


async def test_links_lead_through_the_whole_log_and_back(site: Site) -> None:
    user = await make_user("ada")
    ada = await site.visitor(user)
    chat = await make_conversation([user])
    await make_messages(user, chat, 101)
    back = await pages(ada, f"/chat/{chat}/", "older")
    assert [n for _, positions in reversed(back) for n in positions] == list(range(1, 102))
    forth = await pages(ada, back[-1][0], "newer")
    assert [n for _, positions in forth for n in positions] == list(range(1, 102))


async def test_scrolling_loads_messages_alone(site: Site) -> None:
    user = await make_user("ada")
    ada = await site.visitor(user)
    chat = await make_conversation([user])
    await make_messages(user, chat, 60)
    fragment = await ada.get(f"/chat/{chat}/?before=11", HX_Request="true")
    assert fragment.headers["cache-control"] == "no-store"
    assert "<html" not in fragment.text
    assert [m.position for m in shown(parsed(fragment.text))] == list(range(1, 11))
    assert links(fragment.text) == {"newer": f"/chat/{chat}/?after=10"}


@pytest.mark.parametrize("parameter", ["before", "after", "at"])
@pytest.mark.parametrize("value", ["x", "-1", "1.5", "9" * 20, "٣", "1e3", " 1", str(2**53 + 1)])
async def test_an_invalid_place_is_a_bad_request(site: Site, parameter: str, value: str) -> None:
    user = await make_user("ada")
    ada = await site.visitor(user)
    chat = await make_conversation([user])
    refused = await ada.http.get(f"/chat/{chat}/", params={parameter: value})
    assert refused.status_code == 400
    assert f"“{parameter}” must be a whole number." in refused.text


async def test_an_empty_place_is_none(site: Site) -> None:
    user = await make_user("ada")
    ada = await site.visitor(user)
    chat = await make_conversation([user])
    assert (await ada.get(f"/chat/{chat}/?before=&after=&at=")).status_code == 200


async def test_days_and_runs_of_one_author_are_marked(site: Site) -> None:
    user, other = await make_user("ada", "Ada"), await make_user("bob", "Bob")
    ada = await site.visitor(user)
    chat = await make_conversation([user, other])
    noon = 20_000 * DAY + DAY // 2
    for author, at in (
        (user, noon),
        (user, noon + 5 * MINUTE - 1),
        (user, noon + 10 * MINUTE - 1),
        (other, noon + 10 * MINUTE),
        (user, noon + 10 * MINUTE),
        (user, noon + DAY // 2 - 1),
        (user, noon + DAY // 2),
    ):
        await make_message(author, chat, created_at=at)
    page = parsed((await ada.get(f"/chat/{chat}/")).text)
    items = page.select("#messages > li.message")
    continued = ["continued" in (li.get("class") or []) for li in items]
    assert continued == [False, True, False, False, False, False, False]
    days = [li.select_one(".day") for li in items]
    assert [day is not None for day in days] == [True, *[False] * 5, True]
    assert page.select(".day time")[0].get_text() == "4 October 2024"
    assert attribute(page.select(".day time")[1], "datetime") == "2024-10-05"
