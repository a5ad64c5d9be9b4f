"""The inbox: latest activity first, counted, in pages, and re-ordered live."""

import pytest

from db.users import User
from live import hub
from live.publication import RESYNC
from routes.inbox import PAGE, load_inbox
from tests.applications import Site
from tests.clients import LIVE_TIERS, Visitor
from tests.factories import make_conversation, make_message, make_messages
from tests.pages import Page, attribute, lines, parsed, text_of


async def test_an_empty_inbox_says_what_to_do_next(ada: Visitor) -> None:
    page = parsed((await ada.get("/")).text)
    assert "No conversations yet" in text_of(page.select_one(".empty"))
    assert {attribute(a, "href") for a in page.select("a")} >= {
        "/people/",
        "/chat/new/",
    }


async def test_an_inbox_with_something_in_it_says_nothing_of_that(ada: Visitor) -> None:
    await ada.start("ada")
    assert not parsed((await ada.get("/")).text).select(".empty")


async def test_a_line_shows_title_last_message_time_and_unread(
    ada: Visitor, user: User, other: User
) -> None:
    direct = await make_conversation([user, other])
    tea = await make_conversation([user, other], "Tea")
    note = await make_conversation([user])
    await make_message(other, direct, "Hello <b>", created_at=1000)
    await make_messages(other, tea, 101)
    await make_message(user, note, "Mine " + "x" * 500, created_at=500)
    page = await ada.page("/")
    by_id = {line.id: line for line in page.inbox()}
    assert [line.id for line in page.inbox()] == [tea, direct, note]
    assert by_id[direct].unread == 1
    assert "Bob" in by_id[direct].text
    assert "Hello <b>" in by_id[direct].text
    assert "1 Jan 1970" in by_id[direct].text
    assert (by_id[tea].unread, by_id[note].unread) == (100, 0)
    assert "99+" in by_id[tea].text
    assert "Tea" in by_id[tea].text
    assert "Bob: Message 101" in by_id[tea].text
    assert "Note to self" in by_id[note].text
    assert len(by_id[note].text) < 250
    assert page.unread == 101


async def test_the_order_of_the_markup_is_that_of_the_activity(ada: Visitor, user: User) -> None:
    made = [await make_conversation([user], f"Tea {n}", active_at=n) for n in (3, 1, 2)]
    response = await ada.get("/")
    shown = [line.id for line in lines(parsed(response.text))]
    assert shown == [made[0], made[2], made[1]]


async def test_older_lines_stand_on_further_pages(ada: Visitor, user: User) -> None:
    number = 2 * PAGE + 5
    for n in range(number):
        await make_conversation([user], f"Tea {n}", active_at=n // 3)
    path, seen = "/", []
    sizes = []
    while path:
        page = parsed((await ada.get(path)).text)
        shown = lines(page)
        sizes.append(len(shown))
        seen += shown
        path = attribute(page.select_one("a[href^='/?before=']"), "href")
    assert sizes == [PAGE, PAGE, 5]
    assert len({line.id for line in seen}) == number
    assert [line.active_at for line in seen] == sorted(
        (n // 3 for n in range(number)), reverse=True
    )


@pytest.mark.parametrize("before", ["x", "1", "-", "1-", "-1", "1-x", "٣-٣", "9" * 17 + "-1"])
async def test_an_invalid_page_is_a_bad_request(ada: Visitor, before: str) -> None:
    refused = await ada.http.get("/", params={"before": before})
    assert refused.status_code == 400
    assert "the end of another page of the inbox" in refused.text


async def test_the_digest_changes_with_anything_that_shows(user: User, other: User) -> None:
    digests = [(await load_inbox(user)).digest]
    chat = await make_conversation([user, other])
    digests.append((await load_inbox(user)).digest)
    await make_message(other, chat)
    digests.append((await load_inbox(user)).digest)
    await make_message(user, chat)
    digests.append((await load_inbox(user)).digest)
    assert len(set(digests)) == 4
    assert (await load_inbox(user)).digest == digests[-1]


@pytest.mark.parametrize("tier", LIVE_TIERS)
@pytest.mark.parametrize("place", ["inbox", "conversation"])
async def test_the_inbox_is_re_ordered_and_counted_live(
    site: Site, ada: Visitor, user: User, other: User, tier: str, place: str
) -> None:
    bob = await site.visitor(other)
    one = await make_conversation([user, other], "One", active_at=2)
    two = await make_conversation([user, other], "Two", active_at=1)
    async with ada.tab(tier, "/" if place == "inbox" else one) as tab:

        def shows(*ids: int) -> bool:
            return [line.id for line in tab.page.inbox()] == list(ids)

        assert shows(one, two)
        async with bob.tab("plain", two) as sender:
            await sender.send("Hello")
            await tab.wait_for(lambda: shows(two, one))
            await tab.wait_for(lambda: tab.page.unread == 1)
            await sender.send("Hello again")
            await tab.wait_for(lambda: tab.page.unread == 2)
            assert "Hello again" in tab.page.inbox()[0].text
        await ada.hx_post(f"/chat/{two}/read/", position="2")
        await tab.wait_for(lambda: tab.page.unread == 0)
        assert [line.unread for line in tab.page.inbox()] == [0, 0]
        started = await bob.start("ada")
        async with bob.tab("plain", started) as sender:
            await sender.send("New here")
            await tab.wait_for(lambda: shows(started, two, one))


async def test_what_a_frame_says_is_what_the_page_says(
    site: Site, ada: Visitor, user: User, other: User
) -> None:
    bob = await site.visitor(other)
    chat = await make_conversation([user, other])
    async with ada.tab("ws", "/") as tab:
        await bob.hx_post(
            f"/chat/{chat}/messages/",
            client_id="00000000-0000-4000-8000-000000000000",
            body="Hello",
        )
        await tab.wait_for(lambda: tab.page.unread == 1)
        page = await ada.page("/")
        assert tab.page.inbox() == page.inbox()
        hub.deliver(RESYNC)
        await tab.wait_for(lambda: tab.page.digest == page.digest)
        assert tab.page.inbox() == page.inbox()
        assert isinstance(tab.page, Page)
