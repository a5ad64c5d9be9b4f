"""Every behaviour is the same over WebSocket, events, poll and plain pages, on both databases."""

import asyncio
import itertools
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from db import participants
from tests.applications import Site
from tests.clients import LIVE_TIERS, TIERS, LiveTab, Refused, Tab, Visitor
from tests.convergence import converged, talk
from tests.factories import PASSWORD, make_conversation, make_messages, make_user, new_id
from tests.pages import Page, parsed, text_of
from tests.waiting import eventually

PAIRS = list(itertools.combinations_with_replacement(TIERS, 2))

tiers = pytest.mark.parametrize("tier", TIERS)


async def two_people(site: Site) -> tuple[Visitor, Visitor, int]:
    """Ada and Bob, who have a conversation."""
    ada, bob = await site.people("ada", "bob")
    return ada, bob, await ada.start("bob")


@tiers
async def test_two_people_meet_and_talk(site: Site, tier: str) -> None:
    """The story, from nothing to an answer that is read."""
    ada, bob = await site.stranger(), await site.stranger()
    await ada.join("ada", "Ada", PASSWORD)
    await bob.join("bob", "Bob", PASSWORD)
    [handle] = parsed((await ada.get("/people/?q=bo")).text).select("#people .handle")
    chat = await ada.start(text_of(handle))
    assert await bob.start("ada") == chat
    async with ada.tab(tier, chat) as adas, bob.tab(tier, chat) as bobs:
        assert adas.bodies() == bobs.bodies() == []
        await adas.send("Hello Bob\nhow are you?")
        await bobs.wait_for_bodies("Hello Bob\nhow are you?")
        await bobs.wait_for(lambda: bobs.page.unread == 1)
        await bobs.read()
        await bobs.send("Fine! https://example.org <b>")
        await adas.wait_for_bodies("Hello Bob\nhow are you?", "Fine! https://example.org <b>")
        assert [message.author for message in adas.messages()] == ["Ada", "Bob"]
        assert adas.messages() == bobs.messages()
        await adas.wait_for(lambda: adas.page.unread == 1)
        await bobs.wait_for(lambda: bobs.page.unread == 0)
        await adas.read()
        await adas.wait_for(lambda: adas.page.unread == 0)
    await ada.sign_out()
    assert (await ada.get(f"/chat/{chat}/")).status_code == 303


BLANK = "Type a message first."
REFUSED = {
    "": BLANK,
    " \n\t": BLANK,
    "\u200b\u3164": BLANK,
    "\x00": BLANK,
    "x" * 8001: "A message has at most 8,000 characters. This one has 8,001.",
}


@tiers
async def test_the_same_bodies_are_refused_with_the_same_words(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        for body, sentence in REFUSED.items():
            with pytest.raises(Refused) as refusal:
                await writer.send(body)
            assert str(refusal.value) == sentence
        await writer.send("Something else")
        await reader.wait_for_bodies("Something else")
        assert reader.page.refused == {}


@tiers
async def test_damaged_forms_are_refused_alike(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    other = await ada.start("bob", title="Tea")
    client_id = new_id()
    async with ada.tab(tier, other) as elsewhere, ada.tab(tier, chat) as writer:
        await elsewhere.send("Hello", client_id)
        with pytest.raises(Refused, match="in another conversation already"):
            await writer.send("Hello", client_id)
        with pytest.raises(Refused, match="its client_id is not a UUID"):
            await writer.send("Hello", "damaged")
        assert (await bob.page(f"/chat/{chat}/")).bodies() == []


@tiers
async def test_a_page_of_the_previous_user_neither_sends_nor_follows(site: Site, tier: str) -> None:
    """Its browser now has the session of another participant."""
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as stale:
        await ada.sign_out()
        ada.http.cookies = bob.http.cookies
        if isinstance(stale, LiveTab):
            assert await stale.wait_for_end() == 4401
            assert await stale.follow_once() == 4401
            with pytest.raises(Refused, match="signed in as someone else"):
                await stale.send_by_post("From Ada")
        else:
            log = await ada.get(f"/chat/{chat}/log/?viewer={stale.page.reader}")
            assert (log.status_code, "signed in as someone else" in log.text) == (401, True)
            fields = {"client_id": stale.page.client_id, "author": stale.page.author}
            refused = await ada.post(f"/chat/{chat}/messages/", body="\nFrom <Ada>", **fields)
            assert (refused.status_code, "signed in as someone else" in refused.text) == (
                422,
                True,
            )
            assert text_of(parsed(refused.text).find("textarea")) == "\nFrom <Ada>"
    assert (await bob.page(f"/chat/{chat}/")).bodies() == []


ODD = "\u2028|\x0b|\x85|\x1c|\x0c|"
TEXTS = ["x" * 8000, "😀" * 8000, "a\n\n b\t c", "שלום \u202eabc", "e\u0301", "<b>&amp;</b>", ODD]


@tiers
async def test_every_text_arrives_as_it_was_written(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        for body in TEXTS:
            await writer.send(body)
        await reader.wait_for_bodies(*TEXTS[:-1], "\u2028|||||")
        assert writer.bodies() == reader.bodies()


@tiers
async def test_a_repeat_changes_nothing(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    client_id = new_id()
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        await writer.send("Hello", client_id)
        await writer.send("Hello", client_id)
        await writer.send("Hello", client_id)
        await writer.send("Hello\n", client_id.upper())
        await writer.send("Last")
        await reader.wait_for_bodies("Hello", "Last")
        assert writer.bodies() == ["Hello", "Last"]


@tiers
async def test_a_form_that_is_edited_after_it_was_sent_is_refused(site: Site, tier: str) -> None:
    """As a text browser does that goes back: nothing is acknowledged that is not stored."""
    ada, bob, chat = await two_people(site)
    client_id = new_id()
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        await writer.send("Hello", client_id)
        with pytest.raises(Refused, match="sent already, with another text"):
            await writer.send("Other words", client_id)
        await writer.send("Other words")
        await reader.wait_for_bodies("Hello", "Other words")
        assert writer.bodies() == ["Hello", "Other words"]
        assert reader.page.refused == {}


@tiers
async def test_coming_back_shows_everything_once(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer:
        async with bob.tab(tier, chat) as reader:
            await writer.send("1")
            await reader.wait_for_bodies("1")
        for body in "23":
            await writer.send(body)
        async with bob.tab(tier, chat) as reader:
            await reader.wait_for_bodies("1", "2", "3")
            await writer.send("4")
            await reader.wait_for_bodies("1", "2", "3", "4")


@tiers
async def test_a_page_that_was_offline_catches_up_in_order(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        await writer.send("1")
        await reader.wait_for_bodies("1")
        async with reader.offline():
            for body in "234":
                await writer.send(body)
        await converged(chat, 4, reader)


@tiers
async def test_outsiders_get_nothing_and_ends_are_the_same(site: Site, tier: str) -> None:
    ada, bob, cem, eve = await site.people("ada", "bob", "cem", "eve")
    tea = await ada.start("bob", "cem", title="Tea")
    assert (await eve.get(f"/chat/{tea}/")).status_code == 404
    async with bob.tab(tier, tea) as leaving, cem.tab(tier, tea) as signing_out:
        await bob.post(f"/chat/{tea}/leave/")
        await cem.sign_out()
        assert await leaving.wait_for_end() == 4403
        assert await signing_out.wait_for_end() == 4401


@tiers
async def test_who_stays_reads_who_has_left_and_who_was_removed_reads_nothing(
    site: Site, tier: str
) -> None:
    ada, bob, cem, dan = await site.people("ada", "bob", "cem", "dan")
    tea = await ada.start("bob", "cem", "dan", title="Tea")
    async with bob.tab(tier, tea) as tab, cem.tab(tier, tea) as removed:
        await tab.send("Hello")
        await removed.wait_for_bodies("Hello")
        await ada.post(f"/chat/{tea}/people/remove/", user=removed.page.reader)
        assert await removed.wait_for_end() == 4403
        await tab.wait_for(lambda: tab.page.events == {2: "Ada removed Cem"})
        assert removed.page.events == {}
        async with tab.offline():
            await dan.post(f"/chat/{tea}/leave/")
            await ada.post(f"/chat/{tea}/messages/", client_id=new_id(), body="So few")
        await tab.wait_for_bodies("Hello", "So few")
        assert tab.page.events == {2: "Ada removed Cem", 3: "Dan left the group"}
        assert [message.position for message in tab.messages()] == [1, 4]
        await tab.wait_for(lambda: tab.page.unread == 1)
        fresh = await bob.page(f"/chat/{tea}/")
        assert fresh.events == tab.page.events
        assert fresh.messages() == tab.messages()
        await tab.wait_for(lambda: fresh.inbox() == tab.page.inbox())


@tiers
async def test_two_who_leave_at_once_have_a_line_each(site: Site, tier: str) -> None:
    ada, bob, cem = await site.people("ada", "bob", "cem")
    tea = await ada.start("bob", "cem", title="Tea")
    async with ada.tab(tier, tea) as tab:
        await asyncio.gather(*(each.post(f"/chat/{tea}/leave/") for each in (bob, bob, cem, cem)))
        await tab.wait_for(lambda: len(tab.page.events) == 2)
        assert set(tab.page.events.values()) == {"Bob left the group", "Cem left the group"}
        assert set(tab.page.events) == {1, 2}


@pytest.mark.parametrize("tier", ["ws", "sse"])
async def test_a_rename_is_shown_at_once_beside_older_messages_and_in_heads(
    site: Site, tier: str
) -> None:
    ada, bob, _ = await site.people("ada", "bob", "cem")
    group = await ada.start("bob", "cem")
    async with bob.tab(tier, group) as tab, ada.tab(tier, group) as own:
        await own.send("Hello")
        await tab.wait_for_bodies("Hello")
        await ada.post("/account/name/", name="Zoë")
        await tab.wait_for(lambda: [each.author for each in tab.messages()] == ["Zoë"])
        await tab.wait_for(lambda: tab.page.heading == "Bob, Cem, Zoë")
        await tab.wait_for(lambda: "Bob, Cem, Zoë" in tab.page.inbox()[0].text)


@tiers
async def test_a_long_log_is_read_from_its_end(site: Site, tier: str) -> None:
    user, other = await make_user("ada"), await make_user("bob")
    ada = await site.visitor(user)
    chat = await make_conversation([user, other])
    await make_messages(other, chat, 60)
    await participants.update_read([(chat, user.id, 60)])
    async with ada.tab(tier, chat) as tab:
        assert tab.bodies() == [f"Message {n}" for n in range(11, 61)]
        await tab.send("Hello")
        await tab.wait_for(lambda: tab.bodies()[-1] == "Hello")
        assert len({message.id for message in tab.messages()}) == len(tab.messages())


@tiers
async def test_an_unsent_message_leaves_a_tombstone_everywhere(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        await writer.send("Secret")
        await writer.send("Hello")
        await reader.wait_for_bodies("Secret", "Hello")
        with pytest.raises(Refused, match="Only the author of a message can do this"):
            await reader.unsend(1)
        await writer.unsend(1)
        await writer.unsend(1)
        await reader.wait_for_bodies("Message unsent", "Hello")
        await reader.wait_for(lambda: reader.page.unread == 1)
        await writer.wait_for_bodies("Message unsent", "Hello")
        assert reader.messages() == writer.messages()
        assert [message.is_unsent for message in reader.messages()] == [True, False]
        await writer.unsend(2)
        await reader.wait_for(lambda: "Message unsent" in reader.page.inbox()[0].text)
        await reader.wait_for(lambda: reader.page.unread == 0)


@tiers
async def test_an_edited_message_says_its_new_text_everywhere(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        await writer.send("Helo")
        await writer.send("Last")
        await reader.wait_for_bodies("Helo", "Last")
        with pytest.raises(Refused, match="Only the author of a message can do this"):
            await reader.edit(1, "Mine")
        with pytest.raises(Refused, match="Type a message first"):
            await writer.edit(1, " ")
        await writer.edit(1, "Hello\n<b>", base=1)
        await writer.edit(1, "Hello\n<b>", base=1)
        with pytest.raises(Refused, match="changed on another device"):
            await writer.edit(1, "Hallo", base=1)
        await reader.wait_for_bodies("Hello\n<b>", "Last")
        assert reader.messages() == writer.messages()
        assert [message.is_edited for message in reader.messages()] == [True, False]
        await reader.wait_for(lambda: reader.page.unread == 2)
        await writer.edit(2, "Latest")
        await reader.wait_for(lambda: "Latest" in reader.page.inbox()[0].text)


@tiers
async def test_who_is_mentioned_sees_it_in_the_text_and_the_inbox_on_all_devices(
    site: Site, tier: str
) -> None:
    ada, bob, cem = await site.people("ada", "bob", "cem")
    chat = await ada.start("bob", "cem", title="Tea")
    stranger = await make_user("dan")
    async with (
        ada.tab(tier, chat) as writer,
        bob.tab(tier, chat) as reader,
        bob.tab(tier, "/") as phone,
        cem.tab(tier, "/") as other,
    ):
        await writer.send("@Bob, `@cem` and @dan")
        await reader.wait_for_bodies("@Bob, @cem and @dan")
        [message] = reader.messages()
        assert [name for name, _ in message.mentions] == ["@Bob"]
        assert str(stranger.id) not in {id for _, id in message.mentions}
        for tab in (phone, reader):
            await tab.wait_for(lambda: "mentioned" in tab.page.inbox()[0].text)  # noqa: B023
        await other.wait_for(lambda: other.page.inbox()[0].unread == 1)
        assert "mentioned" not in other.page.inbox()[0].text
        await writer.edit(1, "@cem", base=1)
        await reader.wait_for(lambda: reader.messages()[0].mentions[0][0] == "@cem")
        await other.wait_for(lambda: "mentioned" in other.page.inbox()[0].text)
        await phone.wait_for(lambda: "mentioned" not in phone.page.inbox()[0].text)
        await writer.send("@all")
        await reader.wait_for(lambda: reader.bodies() == ["@cem", "@all"])
        assert reader.messages()[1].mentions == (("@all", "all"),)
        await phone.wait_for(lambda: "mentioned" in phone.page.inbox()[0].text)
        await reader.read()
        await phone.wait_for(lambda: phone.page.inbox()[0].unread == 0)
        assert "mentioned" not in phone.page.inbox()[0].text
        await writer.unsend(1)
        await writer.unsend(reader.messages()[1].position)
        await other.wait_for(lambda: "mentioned" not in other.page.inbox()[0].text)
        await reader.wait_for(lambda: not any(each.mentions for each in reader.messages()))


@tiers
async def test_reactions_stand_under_the_message_everywhere(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        await writer.send("Hello")
        await writer.send("Last")
        await reader.wait_for_bodies("Hello", "Last")
        await reader.wait_for(lambda: "Last" in str(reader.page.inbox()))
        before = reader.page.inbox()
        with pytest.raises(Refused, match="A reaction is one emoji"):
            await reader.react(1, "no")
        await reader.react(1, "👍")
        await reader.react(1, "👍")
        await writer.react(1, "❤")
        await writer.react(1, "👍")
        await reader.wait_for(
            lambda: reader.messages()[0].reactions == (("👍", 2), ("❤️", 1)),
        )
        await writer.wait_for(lambda: writer.messages() == reader.messages())
        await reader.react(1, "👍", on=False)
        await writer.react(1, "❤️", on=False)
        await reader.wait_for(lambda: reader.messages()[0].reactions == (("👍", 1),))
        assert reader.bodies() == ["Hello", "Last"]
        assert reader.page.inbox() == before, "neither order nor words nor what is unread change"
        await writer.unsend(1)
        await reader.wait_for(lambda: reader.messages()[0].reactions == ())
        with pytest.raises(Refused, match="This message was unsent"):
            await reader.react(1, "👍")


@tiers
async def test_reactions_that_one_was_away_for_are_caught_up(site: Site, tier: str) -> None:
    people = [await make_user(f"person{n}") for n in range(4)]
    chat = await make_conversation(people, "Tea")
    visitors = [await site.visitor(person) for person in people]
    async with visitors[0].tab(tier, chat) as reader, visitors[1].tab("ws", chat) as writer:
        for body in ("1", "2", "3"):
            await writer.send(body)
        await reader.wait_for_bodies("1", "2", "3")
        async with reader.offline():
            for position in (1, 2, 3):
                for emoji in ("👍", "😂", "🎉"):
                    path = f"/chat/{chat}/{position}/react/"
                    await asyncio.gather(
                        *(each.post(path, emoji=emoji, on="1") for each in visitors[1:])
                    )
            await writer.react(1, "👍", on=False)
            await writer.unsend(3)
        await reader.wait_for_bodies("1", "2", "Message unsent")
        fresh = await visitors[0].page(f"/chat/{chat}/")
        await reader.wait_for(lambda: reader.messages() == fresh.messages())
        assert [dict(each.reactions) for each in fresh.messages()] == [
            {"👍": 2, "😂": 3, "🎉": 3},
            {"👍": 3, "😂": 3, "🎉": 3},
            {},
        ]


@tiers
async def test_what_was_edited_while_one_was_away_is_caught_up(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        for body in ("1", "2", "3"):
            await writer.send(body)
        await reader.wait_for_bodies("1", "2", "3")
        async with reader.offline():
            await writer.edit(1, "one")
            await writer.edit(3, "three")
            await writer.edit(1, "One")
            await writer.edit(2, "two")
            await writer.unsend(2)
        await reader.wait_for_bodies("One", "Message unsent", "three")
        fresh = await bob.page(f"/chat/{chat}/")
        assert fresh.messages() == reader.messages()
        await reader.wait_for(lambda: reader.page.inbox() == fresh.inbox())


@tiers
async def test_what_was_unsent_while_one_was_away_is_caught_up(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        for body in ("Secret", "Hello", "Secret too"):
            await writer.send(body)
        await reader.wait_for_bodies("Secret", "Hello", "Secret too")
        async with reader.offline():
            await writer.unsend(1)
            await writer.send("Last")
            await writer.unsend(3)
        await reader.wait_for_bodies("Message unsent", "Hello", "Message unsent", "Last")
        fresh = await bob.page(f"/chat/{chat}/")
        assert fresh.messages() == reader.messages()
        await reader.wait_for(lambda: reader.page.inbox() == fresh.inbox())
    async with bob.tab(tier, chat) as newcomer:
        assert "Secret" not in str(newcomer.messages())


@tiers
async def test_a_reply_quotes_its_original_as_it_is_now_everywhere(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        await writer.send("Helo")
        await reader.wait_for_bodies("Helo")
        await reader.send("Answer", reply_to=1)
        await writer.wait_for_bodies("Helo", "Answer")
        assert [message.quote for message in writer.messages()] == ["", "1 Ada Helo"]
        with pytest.raises(Refused, match="that you reply to was unsent"):
            await reader.send("Answer", reply_to=9)
        await writer.edit(1, "Hello")
        await reader.wait_for(lambda: reader.messages()[-1].quote == "1 Ada Hello")
        await writer.wait_for(lambda: writer.messages() == reader.messages())
        async with reader.offline():
            await writer.unsend(1)
        await reader.wait_for(lambda: reader.messages()[-1].quote == "1 Ada Message unsent")
        await writer.wait_for(lambda: writer.messages() == reader.messages())
        assert "Hello" not in str([*writer.messages(), *reader.messages()])
        with pytest.raises(Refused, match="that you reply to was unsent"):
            await reader.send("Answer", reply_to=1)
        fresh = await bob.page(f"/chat/{chat}/")
        assert fresh.messages() == reader.messages()


@tiers
async def test_what_is_forwarded_says_so_everywhere(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        await writer.send("Hello")
        await reader.wait_for_bodies("Hello")
        for _ in range(2):
            await reader.change("1/forward/", to=str(chat), client_id=str(uuid.UUID(int=1)))
        await writer.wait_for_bodies("Hello", "Hello")
        assert writer.messages() == reader.messages()
        assert [m.forwarded for m in writer.messages()] == ["", "Forwarded from Ada"]


@tiers
async def test_what_is_sent_is_found_and_what_is_unsent_is_not(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)

    async def found(q: str) -> list[str]:
        page = await bob.get(f"/search/?q={q}")
        assert page.status_code == 200
        return [text_of(line) for line in parsed(page.text).select("#results .hits small")]

    async with ada.tab(tier, chat) as writer:
        await writer.send("The wombat sleeps")
        await writer.send("The badger does not")
        await eventually(lambda: found("badger"), pause=0.4)
        assert await found("wombat") == ["The wombat sleeps"]
        await writer.unsend(1)
        await writer.wait_for_bodies("Message unsent", "The badger does not")
        assert await found("wombat") == []
        assert await found("badger") == ["The badger does not"]


# 10 messages by each of two at once


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[f"{one}-{other}" for one, other in PAIRS])
async def test_messages_of_two_at_once_stand_once_in_one_order(
    site: Site, one: str, other: str
) -> None:
    users = [await make_user("ada", "Ada"), await make_user("bob", "Bob")]
    ada, bob = [await site.visitor(user) for user in users]
    chat = await make_conversation(users)
    async with ada.tab(one, chat) as adas, bob.tab(other, chat) as bobs:
        said, answered = await asyncio.gather(talk(adas, "Ada", 10), talk(bobs, "Bob", 10))
        await converged(chat, 20, adas, bobs)
        for name, bodies in (("Ada", said), ("Bob", answered)):
            own = [message.body for message in adas.messages() if message.author == name]
            assert own == bodies
        fresh: Page = await ada.page(f"/chat/{chat}/")
        assert fresh.messages() == adas.messages() == bobs.messages()


async def test_all_tiers_at_once_agree(site: Site) -> None:
    users = [await make_user(f"person{n}") for n in range(4)]
    chat = await make_conversation(users, "All")
    visitors = [await site.visitor(user) for user in users]
    async with (
        visitors[0].tab("ws", chat) as ws,
        visitors[1].tab("sse", chat) as sse,
        visitors[2].tab("poll", chat) as poll,
        visitors[3].tab("plain", chat) as plain,
    ):
        tabs: list[Tab] = [ws, sse, poll, plain]
        await asyncio.gather(*(talk(tab, tab.tier, 10) for tab in tabs))
        await converged(chat, 40, *tabs)


@pytest.mark.parametrize("tier", LIVE_TIERS)
async def test_a_rename_that_a_page_has_missed_shows_when_it_is_back(site: Site, tier: str) -> None:
    ada, bob, _ = await site.people("ada", "bob", "cem")
    chat = await ada.start("bob", "cem")
    async with ada.tab(tier, chat) as adas, bob.tab(tier, chat) as bobs:
        await bobs.send("Hello")
        await adas.wait_for_bodies("Hello")
        before = adas.page.people
        async with adas.offline():
            assert (await bob.post("/account/name/", name="Zoë")).status_code == 303
        await adas.wait_for(lambda: adas.messages()[0].author == "Zoë")
        await adas.wait_for(lambda: "Zoë" in adas.page.heading)
        held = adas.page.people
        async with adas.offline():
            pass
        await bobs.send("Is that all?")
        await adas.wait_for_bodies("Hello", "Is that all?")
        assert adas.page.people == held != before


@tiers
async def test_what_is_pinned_stands_at_the_top_as_it_is_now(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as adas, bob.tab(tier, chat) as bobs:
        for body in ("First", "Second"):
            await adas.send(body)
        await bobs.wait_for_bodies("First", "Second")
        await bobs.pin(1)
        for tab in (adas, bobs):
            await tab.wait_for(lambda: tab.page.pinned == ("First", 1))  # noqa: B023
        await adas.pin(2)
        await bobs.wait_for(lambda: bobs.page.pinned == ("Second", 2))
        assert [message.is_pinned for message in bobs.messages()] == [True, True]
        await adas.edit(2, "Other words")
        await bobs.wait_for(lambda: bobs.page.pinned == ("Other words", 2))
        await adas.unsend(2)
        await bobs.wait_for(lambda: bobs.page.pinned == ("First", 1))
        with pytest.raises(Refused, match="was unsent"):
            await bobs.pin(2)
        await bobs.pin(1, "0")
        for tab in (adas, bobs):
            await tab.wait_for(lambda: tab.page.pinned == ("", 0))  # noqa: B023
        assert [message.is_pinned for message in bobs.messages()] == [False, False]


@tiers
async def test_what_was_pinned_and_unpinned_meanwhile_is_caught_up(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as adas, bob.tab(tier, chat) as bobs:
        for body in ("First", "Second", "Third"):
            await adas.send(body)
        await bobs.wait_for_bodies("First", "Second", "Third")
        async with bobs.offline():
            for position in (1, 2, 3):
                await adas.pin(position)
            await adas.pin(3, "0")
        await bobs.wait_for(lambda: bobs.page.pinned == ("Second", 2))
        async with bobs.offline():
            await adas.pin(1, "0")
            await adas.pin(2, "0")
        await bobs.wait_for(lambda: bobs.page.pinned == ("", 0))
        fresh = await bob.page(f"/chat/{chat}/")
        assert (bobs.messages(), bobs.page.pinned) == (fresh.messages(), fresh.pinned)


@tiers
async def test_a_page_that_is_too_far_behind_gets_the_line_too(site: Site, tier: str) -> None:
    user, other = await make_user("ada"), await make_user("bob")
    ada, bob = await site.visitor(user), await site.visitor(other)
    chat = await make_conversation([user, other])
    await make_messages(user, chat, 2)
    async with bob.tab(tier, chat) as tab:
        async with tab.offline():
            await ada.post(f"/chat/{chat}/1/pin/", on="1")
            await make_messages(user, chat, 600)
        await tab.wait_for(lambda: tab.page.pinned == ("Message 1", 1))


@tiers
async def test_what_one_sends_is_delivered_and_read(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as adas, bob.tab(tier, chat) as bobs:
        her, him = int(adas.page.reader), int(bobs.page.reader)
        await adas.send("Hello")
        assert adas.page.receipts[him] == (0, 0)
        await bobs.wait_for_bodies("Hello")
        await bobs.hold()
        await adas.wait_for(lambda: adas.page.receipts[him] == (0, 1))
        await bobs.read()
        await adas.wait_for(lambda: adas.page.receipts[him] == (1, 1))
        await bobs.wait_for(lambda: bobs.page.receipts == adas.page.receipts)
        fresh = await ada.page(f"/chat/{chat}/")
        assert fresh.receipts == adas.page.receipts
        assert fresh.receipts.keys() == {her, him}


@tiers
async def test_receipts_that_a_page_has_missed_show_when_it_is_back(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as adas, bob.tab(tier, chat) as bobs:
        him = int(bobs.page.reader)
        for body in "123":
            await adas.send(body)
        await bobs.wait_for_bodies("1", "2", "3")
        async with adas.offline():
            await bobs.read()
            async with ada.tab("plain", chat) as fresh:
                await fresh.wait_for(lambda: fresh.page.receipts[him] == (3, 3))
        await adas.wait_for(lambda: adas.page.receipts == fresh.page.receipts)


@tiers
async def test_who_hides_receipts_neither_sends_nor_sees_them(site: Site, tier: str) -> None:
    ada, bob, _ = await site.people("ada", "bob", "cem")
    chat = await ada.start("bob", "cem")
    async with ada.tab(tier, chat) as adas, bob.tab(tier, chat) as bobs:
        her, him = int(adas.page.reader), int(bobs.page.reader)
        await adas.send("Hello")
        await bobs.wait_for_bodies("Hello")
        await bobs.read()
        await adas.wait_for(lambda: adas.page.receipts[him] == (1, 1))
        await bob.post("/account/receipts/", hide="yes")
        await adas.wait_for(lambda: him not in adas.page.receipts)
        await bobs.wait_for(lambda: bobs.page.receipts == {})
        await adas.send("Still there?")
        await bobs.wait_for_bodies("Hello", "Still there?")
        await bobs.read()
        await adas.read()
        await adas.wait_for(lambda: adas.page.receipts[her] == (2, 2))
        assert bobs.page.receipts == (await bob.page(f"/chat/{chat}/")).receipts == {}
        assert him not in (await ada.page(f"/chat/{chat}/")).receipts
        await bob.post("/account/receipts/")
        await bobs.wait_for(lambda: bobs.page.receipts.get(her) == (2, 2))
        await adas.wait_for(lambda: adas.page.receipts.get(him, (0, 0))[0] == 1)


@tiers
async def test_who_leaves_disappears_from_receipts(site: Site, tier: str) -> None:
    ada, bob, _ = await site.people("ada", "bob", "cem")
    chat = await ada.start("bob", "cem")
    async with ada.tab(tier, chat) as adas:
        assert len(adas.page.receipts) == 3
        await bob.post(f"/chat/{chat}/leave/")
        await adas.wait_for(lambda: len(adas.page.receipts) == 2)


def says(tab: Tab, words: str, *, is_said: bool = True) -> bool:
    """Whether the first line of the inbox says that."""
    return (words in tab.page.inbox()[0].text) == is_said


@tiers
async def test_a_draft_stands_on_all_devices_until_it_is_sent(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as desk, bob.tab(tier, chat) as others:
        await desk.send("First")
        await others.wait_for_bodies("First")
        await desk.save("Hel", id := new_id())
        await desk.save("Hello", id)
        async with ada.tab(tier, chat) as phone, ada.tab(tier, "/") as inbox:
            assert (phone.page.draft, phone.page.client_id) == ("Hello", id)
            for tab in (desk, phone, inbox):
                await tab.wait_for(partial(says, tab, "Draft: Hello"))
            async with phone.offline():
                await desk.save("Hello Bob", id)
            await phone.wait_for(partial(says, phone, "Draft: Hello Bob"))
            await phone.send("Hello Bob", id)
            for tab in (desk, phone, inbox):
                await tab.wait_for(partial(says, tab, "Draft:", is_said=False))
        await desk.save("Hello", id)
        assert (await ada.page(f"/chat/{chat}/")).draft == ""
        assert "Draft:" not in others.page.inbox()[0].text
        with pytest.raises(Refused, match="This one has 8,001"):
            await desk.save("x" * 8001, new_id())


@tiers
async def test_a_message_can_be_sent_later(site: Site, tier: str) -> None:
    ada, bob, chat = await two_people(site)
    async with ada.tab(tier, chat) as writer, bob.tab(tier, chat) as reader:
        soon = datetime.now(UTC) + timedelta(seconds=1)
        await writer.send_later("Later", id := new_id(), soon.isoformat())
        with pytest.raises(Refused, match="This time has passed"):
            await writer.send_later("Too late", new_id(), "2001-01-01T00:00Z")
        assert reader.bodies() == []
        await reader.wait_for_bodies("Later")
        assert datetime.now(UTC) < soon + timedelta(seconds=5)
        await writer.wait_for_bodies("Later")
        assert writer.messages()[0].id == f"message-{writer.page.reader}-{id}"
