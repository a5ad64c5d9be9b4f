"""Whether the other one of two is here, as pages show it."""

import pytest

import settings
from actions import presence as presences
from actions.clock import now
from actions.presence import EXPIRY
from db import engine, presence
from db.users import User
from live import presence as connections
from routes.streams.limits import POLL_TIMEOUT
from tests.applications import Site
from tests.factories import (
    make_answered_conversation,
    make_conversation,
    make_message,
    make_user,
)
from tests.pages import attribute, parsed


async def was_here(user: User, present_at: int) -> None:
    async with engine.transaction():
        await presence.update([user.id], present_at)


async def test_a_page_shows_online_last_seen_or_nothing(site: Site) -> None:
    user, other = await make_user("ada"), await make_user("bob")
    ada, bob = await site.visitor(user), await site.visitor(other)
    chat = await make_answered_conversation([user, other])
    assert (await ada.page(f"/chat/{chat}/")).presence.strip() == ""
    await was_here(other, 1000)
    assert "1 Jan 1970" in (await ada.page(f"/chat/{chat}/")).presence
    async with bob.tab("ws", chat), ada.tab("plain", chat) as tab:
        await tab.wait_for(lambda: tab.page.presence == "Online")
    group = await make_conversation([user, other], "Tea")
    assert (await ada.page(f"/chat/{group}/")).presence.strip() == ""


async def test_a_stranger_sees_nobody_online_until_they_are_answered(site: Site) -> None:
    user, other = await make_user("eve"), await make_user("bob")
    eve, bob = await site.visitor(user), await site.visitor(other)
    chat = await make_conversation([user, other])
    await make_message(user, chat, "Are you there?")
    async with (
        bob.tab("ws", chat),
        eve.tab("ws", chat) as tab,
        bob.tab("plain", chat) as bobs,
    ):
        await bobs.wait_for(lambda: bobs.page.presence == "Online")
        assert (await eve.page(f"/chat/{chat}/")).presence.strip() == ""
        assert tab.page.presence.strip() == ""
        await make_message(other, chat, "Yes.")
        assert (await eve.page(f"/chat/{chat}/")).presence == "Online"


@pytest.mark.parametrize("tier", ["ws", "sse"])
async def test_presence_changes_show_without_a_reload(
    site: Site, monkeypatch: pytest.MonkeyPatch, tier: str
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.05)
    user, other = await make_user("ada"), await make_user("bob")
    ada, bob = await site.visitor(user), await site.visitor(other)
    chat = await make_answered_conversation([user, other])
    async with ada.tab(tier, chat) as tab:
        assert tab.page.presence.strip() == ""
        async with bob.tab("ws", chat):
            await tab.wait_for(lambda: tab.page.presence == "Online")
        await was_here(other, int(EXPIRY))
        await tab.wait_for(lambda: "1 Jan 1970" in tab.page.presence)


@pytest.mark.parametrize("place", ["chat", "inbox"])
@pytest.mark.parametrize("wait", [0, 1])
async def test_a_polling_user_stays_online_between_polls(
    site: Site, monkeypatch: pytest.MonkeyPatch, place: str, wait: int
) -> None:
    moment = now()
    monkeypatch.setattr(presences, "now", lambda: moment)
    user, other = await make_user("ada"), await make_user("bob")
    ada, bob = await site.visitor(user), await site.visitor(other)
    chat = await make_answered_conversation([user, other])
    path = f"/poll/chat/{chat}/" if place == "chat" else "/poll/inbox/"
    for _ in range(2):
        assert (await bob.get(f"{path}?wait={wait}")).is_success
        await presences.arrivals.finished()
        assert other.id not in connections.everybody()
        assert (await ada.page(f"/chat/{chat}/")).presence == "Online"
        moment += POLL_TIMEOUT * 1000  # the next one is as late as it may be
        assert (await ada.page(f"/chat/{chat}/")).presence == "Online"
    moment += int(EXPIRY * 1000)
    assert (await ada.page(f"/chat/{chat}/")).presence.startswith("Last seen")


async def test_hidden_presence_is_not_shown(site: Site) -> None:
    user, other = await make_user("ada"), await make_user("bob")
    ada, bob = await site.visitor(user), await site.visitor(other)
    chat = await make_answered_conversation([user, other])
    saved = await bob.post("/account/presence/", hide="yes")
    assert saved.headers["location"] == "/account/?saved=presence"
    box = parsed((await bob.get("/account/?saved=presence")).text).find("input", id="hide")
    assert box is not None
    assert box.has_attr("checked")
    async with bob.tab("ws", chat), ada.tab("ws", chat):
        assert (await ada.page(f"/chat/{chat}/")).presence.strip() == ""
        assert (await bob.page(f"/chat/{chat}/")).presence.strip() == ""
    await bob.post("/account/presence/")
    box = parsed((await bob.get("/account/")).text).find("input", id="hide")
    assert attribute(box, "checked") == ""
    assert box is not None
    assert not box.has_attr("checked")
