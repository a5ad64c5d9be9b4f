"""What pages say that they hold, and what they show of others' receipts."""

import asyncio
import json
import time

import pytest

from actions import receipt_updates, receipts
from db import participants
from db import receipts as stored
from db.engine import Unavailable
from db.users import User
from live import hub, publication
from tests.applications import Site
from tests.clients import Socket, Visitor
from tests.factories import make_conversation, make_message, make_messages, make_user, new_id
from tests.pages import Page, parsed, text_of
from tests.waiting import eventually


@pytest.fixture
async def chat(user: User, other: User) -> int:
    return await make_conversation([user, other])


async def positions(chat: int, user: User) -> tuple[int, int]:
    found = (await stored.list_shown([chat])).get(chat, [])
    [receipt] = [each for each in found if each.user_id == user.id]
    return receipt.read_position, receipt.delivered_position


async def until_positions(chat: int, user: User, *wanted: int) -> None:
    async def are_there() -> bool:
        return await positions(chat, user) == wanted

    await eventually(are_there)


async def reach(visitor: Visitor, chat: int, position: int) -> dict[str, list[str]]:
    """The lists on a message's own page, by their headings."""
    page = parsed((await visitor.get(f"/chat/{chat}/{position}/")).text)
    return {
        text_of(ul.find_previous("h2")): [text_of(bdi) for bdi in ul.find_all("bdi")]
        for ul in page.select("main h2 + ul.rows")
    }


async def test_a_page_that_shows_a_message_has_it(
    ada: Visitor, bob: Visitor, user: User, other: User, chat: int
) -> None:
    await make_messages(user, chat, 2)
    assert await positions(chat, other) == (0, 0)
    await bob.get(f"/chat/{chat}/")
    await until_positions(chat, other, 0, 2)


async def test_an_inbox_that_shows_a_line_has_its_message(
    bob: Visitor, user: User, other: User, chat: int
) -> None:
    await make_messages(user, chat, 2)
    await bob.get("/")
    await until_positions(chat, other, 0, 2)


async def test_a_line_that_is_pushed_has_its_message_once_the_page_says_so(
    bob: Visitor, ada: Visitor, other: User, chat: int
) -> None:
    async with Socket(bob, "/", persistent=False) as inbox:
        await ada.hx_post(f"/chat/{chat}/messages/", client_id=new_id(), body="Hello")
        await inbox.wait_for(lambda: inbox.page.unread == 1)
        assert await positions(chat, other) == (0, 0)
        await inbox.say(type="delivered", positions={str(chat): 1})
        await until_positions(chat, other, 0, 1)


@pytest.mark.parametrize("tier", ["ws", "sse", "poll"])
async def test_a_page_that_connects_says_what_it_holds(
    bob: Visitor, user: User, other: User, chat: int, tier: str
) -> None:
    async with bob.tab(tier, chat) as tab:
        await make_messages(user, chat, 2)
        tab.page.cursor = 2
        async with tab.offline():
            pass
        await until_positions(chat, other, 0, 2)


DAMAGED = ["", "{", "[]", '{"x": 1}', '{"1": -1}', '{"1": "2"}', '{"1": true}', '{"1": 1e99}']


@pytest.mark.parametrize("damaged", DAMAGED)
async def test_what_cannot_be_held_is_refused(bob: Visitor, chat: int, damaged: str) -> None:
    assert (await bob.hx_post("/delivered/", positions=damaged)).status_code == 400
    many = json.dumps({str(n): 1 for n in range(101)})
    assert (await bob.hx_post("/delivered/", positions=many)).status_code == 400
    assert (await bob.hx_post("/delivered/", positions="{}")).status_code == 204
    assert (await bob.post("/delivered/", positions="{}")).headers["location"] == "/"


@pytest.mark.parametrize("frame", [{}, {"positions": []}, {"positions": {"1": "x"}}])
async def test_a_damaged_frame_ends_the_socket(
    bob: Visitor, chat: int, frame: dict[str, object]
) -> None:
    async with Socket(bob, f"/chat/{chat}/", persistent=False) as tab:
        await tab.say(type="delivered", **frame)
        assert await tab.wait_for_end() == 4400


async def test_an_outsider_has_nothing(site: Site, user: User, chat: int) -> None:
    [eve] = await site.people("eve")
    await make_messages(user, chat, 1)
    answer = await eve.hx_post("/delivered/", positions=json.dumps({str(chat): 1}))
    assert answer.status_code == 204
    await asyncio.sleep(0.4)
    assert len((await stored.list_shown([chat]))[chat]) == 2


async def test_under_ones_newest_message_stands_what_became_of_it(
    ada: Visitor, bob: Visitor, user: User, other: User, chat: int
) -> None:
    async def outcome(of: Visitor) -> str:
        return (await of.page(f"/chat/{chat}/")).outcome

    await make_message(user, chat)
    assert await outcome(ada) == "Sent"
    assert await outcome(bob) == ""
    await until_positions(chat, other, 0, 1)
    assert await outcome(ada) == "Delivered"
    await bob.post(f"/chat/{chat}/read/", position="1")
    await until_positions(chat, other, 1, 1)
    assert (await outcome(ada)).startswith("Read ")
    log = Page((await ada.get(f"/chat/{chat}/log/")).text)
    assert log.outcome.startswith("Read ")
    await bob.post(f"/chat/{chat}/1/unread/")
    assert (await outcome(ada)).startswith("Read ")
    await bob.post("/account/receipts/", hide="yes")
    assert await outcome(ada) == "Sent"
    await ada.post(f"/chat/{chat}/1/unsend/")
    assert await outcome(ada) == ""


async def test_a_group_says_how_many_have_read_and_who(
    site: Site, ada: Visitor, bob: Visitor, user: User, other: User
) -> None:
    cem, eve = await make_user("cem", "Cem"), await make_user("eve", "Eve")
    tea = await make_conversation([user, other, cem, eve], "Tea")
    await make_messages(user, tea, 2)
    await participants.update_read([(tea, other.id, 2), (tea, cem.id, 1)])
    receipts.read([(tea, other.id, 2), (tea, cem.id, 1)])
    await until_positions(tea, other, 2, 2)
    assert (await ada.page(f"/chat/{tea}/")).outcome == "Read by 1"
    assert await reach(ada, tea, 2) == {"Read by": ["Bob"]}
    assert await reach(ada, tea, 1) == {"Read by 2": ["Bob", "Cem"]}
    assert await reach(bob, tea, 2) == {}
    receipts.deliver(cem.id, {tea: 2})
    await until_positions(tea, cem, 1, 2)
    assert await reach(ada, tea, 2) == {"Read by": ["Bob"], "Delivered to": ["Cem"]}


async def test_the_page_of_a_message_says_since_when_or_by_when(
    ada: Visitor, user: User, other: User, chat: int
) -> None:
    await make_messages(user, chat, 2)
    await participants.update_read([(chat, other.id, 2)])
    receipts.read([(chat, other.id, 2)])
    await until_positions(chat, other, 2, 2)
    for position, is_exact in ((1, False), (2, True)):
        page = parsed((await ada.get(f"/chat/{chat}/{position}/")).text)
        [said] = page.select("main h2 + ul.rows small")
        assert text_of(said).startswith("by ") is not is_exact
        assert said.find("time") is not None


async def test_a_note_to_self_says_nothing_of_receipts(ada: Visitor, user: User) -> None:
    own = await make_conversation([user])
    await make_message(user, own)
    page = await ada.page(f"/chat/{own}/")
    assert (page.outcome, page.receipts) == ("", {})
    assert await reach(ada, own, 1) == {}


async def test_of_many_people_it_is_told_how_many_have_read(
    site: Site, ada: Visitor, user: User, other: User
) -> None:
    people = [user, other, *[await make_user() for _ in range(receipt_updates.MOST)]]
    room = await make_conversation(people, "All")
    await make_messages(user, room, 2)
    async with ada.tab("ws", room) as tab:
        assert tab.page.receipts == {}
        assert tab.page.counts == {0: len(people)}
        reads = [(room, person.id, 1 + n % 2) for n, person in enumerate(people[1:11])]
        await participants.update_read(reads)
        receipts.read(reads)
        await tab.wait_for(lambda: tab.page.counts == {0: len(people) - 10, 1: 5, 2: 5})
        fresh = await ada.page(f"/chat/{room}/")
        assert (fresh.receipts, fresh.counts) == (tab.page.receipts, tab.page.counts)
        assert fresh.outcome == "Read by 5"
        assert len((await reach(ada, room, 1))["Read by 10"]) == 10


async def test_a_thousand_readers_cause_at_most_four_frames_a_second(
    site: Site, ada: Visitor, user: User
) -> None:
    people = [user, *[await make_user() for _ in range(1000)]]
    room = await make_conversation(people, "All")
    await make_messages(user, room, 20)
    frames: list[float] = []

    class Counting:
        def put(self, delivery: object) -> None:
            frames.append(time.monotonic())

    counting = Counting()
    hub.join(counting, publication.receipts(room))
    try:
        for position in range(1, 21):
            for person in people[1:]:
                receipts.deliver(person.id, {room: position})
            await asyncio.sleep(0.1)
        await until_positions(room, people[-1], 0, 20)
    finally:
        hub.leave(counting, publication.receipts(room))
    assert frames
    in_a_second = [sum(begin <= each < begin + 1 for each in frames) for begin in frames]
    assert max(in_a_second) <= 4, in_a_second


async def test_two_readers_at_the_same_moment_are_both_shown(
    site: Site, ada: Visitor, bob: Visitor, user: User, other: User
) -> None:
    cem = await make_user("cem")
    tea = await make_conversation([user, other, cem], "Tea")
    third = await site.visitor(cem)
    async with (
        ada.tab("ws", tea) as adas,
        bob.tab("ws", tea) as bobs,
        third.tab("sse", tea) as cems,
    ):
        await adas.send("Hello")
        await bobs.wait_for_bodies("Hello")
        await cems.wait_for_bodies("Hello")
        await asyncio.gather(bobs.read(), cems.read())
        wanted = {other.id: (1, 1), cem.id: (1, 1)}
        for tab in (adas, bobs, cems):
            await tab.wait_for(lambda tab=tab: tab.page.receipts.items() >= wanted.items())  # type: ignore[misc]


async def test_a_new_name_stands_in_receipts_too(
    site: Site, ada: Visitor, bob: Visitor, chat: int
) -> None:
    before = (await ada.page(f"/chat/{chat}/")).receipts_digest
    await bob.post("/account/name/", name="Zoë")
    html = (await ada.get(f"/chat/{chat}/")).text
    assert parsed(html).select_one('#receipts > [data-name="Zoë"]') is not None
    assert Page(html).receipts_digest != before


async def test_what_the_database_could_not_take_is_stored_later(
    site: Site, user: User, other: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_messages(user, chat, 1)
    update, failures = stored.update, iter([True, True])

    async def failing(*given: object) -> list[tuple[int, int]]:
        if next(failures, False):
            raise Unavailable
        return await update(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(stored, "update", failing)
    receipts.deliver(other.id, {chat: 1})
    await until_positions(chat, other, 0, 1)
    assert next(failures, None) is None


async def test_who_deletes_the_account_is_not_shown(
    ada: Visitor, bob: Visitor, other: User, chat: int
) -> None:
    async with ada.tab("ws", chat) as tab:
        assert other.id in tab.page.receipts
        await bob.post("/account/delete/", delete="correct horse battery")
        await tab.wait_for(lambda: other.id not in tab.page.receipts)
