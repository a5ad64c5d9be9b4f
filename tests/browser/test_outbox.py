"""Changes made without a connection: shown at once, kept, and sent once it is back."""

import pytest
from playwright.async_api import Locator, expect

from actions import reactions
from db import messages
from db.edits import Edit
from db.log.commit import commit
from db.reactions import MARKED, React
from db.unsends import Unsend
from tests import factories
from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.browser.people import People
from tests.browser.screen import Screen
from tests.waiting import eventually, within

LOADED = """() => performance.getEntriesByType('resource')
    .filter(({name}) => /(menu|edits|replies).js$/.test(name)).length === 3"""
NO_WAY = {"": Fault.CUT}
KEPT = """() => Object.entries(localStorage)
    .filter(([name]) => name.includes('outbox:')).map(([, value]) => JSON.parse(value))"""


async def talk(travellers: People, tier: str | None = None) -> tuple[Screen, Screen, int]:
    """Ada has said two things; her mouse has been over them."""
    ada, bob, id = await travellers.pair(tier)
    for body in ("Helo", "Secret"):
        await ada.say(body)
    for screen in (ada, bob):
        await screen.shows("Helo", "Secret")
    await ada.page.get_by_text("Secret", exact=True).first.hover()
    await ada.page.wait_for_function(LOADED)
    return ada, bob, id


async def cut(screen: Screen, proxy: FaultyProxy) -> None:
    proxy.faults = NO_WAY
    await proxy.cut()
    await screen.is_not_live(within=5)


async def choose(screen: Screen, body: str, *entries: str) -> None:
    """By the menu of a message."""
    await screen.page.locator("#messages .body").get_by_text(body, exact=True).hover()
    await screen.press("Actions")
    for entry in entries:
        await screen.page.get_by_role("menuitem", name=entry, exact=True).click()


async def edit(screen: Screen, before: str, after: str) -> None:
    await choose(screen, before, "Edit")
    text = screen.page.get_by_label("Edit your text")
    await expect(text).to_have_value(before)
    await text.fill(after)
    await screen.press("Save")


def bodies(screen: Screen) -> Locator:
    return screen.page.locator("#messages > .message .body")


@pytest.mark.parametrize("tier", ["ws", "sse", "poll"])
async def test_what_is_edited_and_unsent_offline_is_shown_at_once_and_sent_later(
    travellers: People, proxy: FaultyProxy, tier: str
) -> None:
    ada, bob, id = await talk(travellers, tier)
    await cut(ada, proxy)
    await edit(ada, "Helo", "Hallo")
    await edit(ada, "Hallo", "Hello")
    await choose(ada, "Secret", "Unsend…", "Unsend message")
    await expect(bodies(ada)).to_have_text(["Hello", "Message unsent"])
    await expect(ada.page.locator(".sending")).to_have_count(2)
    assert [m.body for m in await messages.after(id, 0, 9)] == ["Helo", "Secret"]
    proxy.faults = {}
    for screen in (ada, bob):
        await screen.shows("Hello", "Message unsent")
        await expect(screen.page.locator(".sending")).to_have_count(0)
        await screen.holds_the_log(id)
    assert len(await messages.after(id, 0, 9)) == 2


async def test_they_survive_a_closed_tab(travellers: People, proxy: FaultyProxy) -> None:
    ada, bob, id = await talk(travellers)
    await cut(ada, proxy)
    await edit(ada, "Helo", "Hello")
    await choose(ada, "Secret", "Unsend…", "Unsend message")
    await expect(bodies(ada)).to_have_text(["Hello", "Message unsent"])
    tab = await ada.another_tab()
    await ada.page.close()
    proxy.faults = {"POST": Fault.UNAVAILABLE, "GET /(ws|sse|poll)": Fault.CUT}
    await tab.go(id)
    await expect(bodies(tab)).to_have_text(["Hello", "Message unsent"])
    proxy.faults = {}
    for screen in (tab, bob):
        await screen.shows("Hello", "Message unsent")
        await expect(screen.page.locator(".sending")).to_have_count(0)
        await screen.holds_the_log(id)


def reaction(screen: Screen, body: str, emoji: str) -> Locator:
    return screen.message(body).locator(f'.reaction[data-emoji="{emoji}"]')


async def react(screen: Screen, body: str, name: str) -> None:
    """By the menu of a message."""
    await screen.message(body).locator(".bubble").hover()
    await screen.press("Actions")
    await screen.page.get_by_role("menuitemcheckbox", name=name).click()


async def stored(chat: int, position: int) -> dict[str, int]:
    """How often each emoji was set under a message."""
    message = await messages.get(chat, position)
    assert message is not None
    return {each.emoji: each.number for each in message.reactions or ()}


@pytest.mark.parametrize("tier", ["ws", "sse", "poll"])
async def test_a_reaction_made_offline_is_shown_at_once_and_sent_later(
    travellers: People, proxy: FaultyProxy, tier: str
) -> None:
    ada, bob, id = await talk(travellers, tier)
    for user, emoji in ((bob.user, "👍"), (bob.user, "❤️"), (ada.user, "❤️")):
        await reactions.react(user, id, 1, emoji, on=True)
    thumbs, heart = reaction(ada, "Helo", "👍"), reaction(ada, "Helo", "❤️")
    await expect(thumbs).to_be_visible()
    await expect(heart).to_have_attribute("data-count", "2")
    await eventually(lambda: is_settled(ada))
    await cut(ada, proxy)
    await thumbs.click()
    await heart.click()
    for own, pressed, number in ((thumbs, "true", "2"), (heart, "false", "1")):
        await expect(own).to_have_attribute("aria-pressed", pressed)
        await expect(own).to_have_attribute("data-count", number)
        await expect(own).to_contain_text(number)
    assert await stored(id, 1) == {"👍": 1, "❤️": 2}
    assert len(await waiting_in(ada)) == 2
    proxy.faults = {}
    for screen in (ada, bob):
        await expect(reaction(screen, "Helo", "👍")).to_have_attribute("title", "Bob and Ada")
        await expect(reaction(screen, "Helo", "❤️")).to_have_attribute("title", "Bob")
        await screen.holds_the_log(id)
    assert await stored(id, 1) == {"👍": 2, "❤️": 1}
    await eventually(lambda: is_settled(ada))


async def test_of_reactions_made_offline_the_last_with_an_emoji_counts(
    travellers: People, proxy: FaultyProxy
) -> None:
    """Also after the tab was closed."""
    ada, bob, id = await talk(travellers)
    await react(bob, "Helo", "thumbs up")
    await expect(reaction(ada, "Helo", "👍")).to_be_visible()
    await cut(ada, proxy)
    for number in ("2", "1", "2"):
        await reaction(ada, "Helo", "👍").click()
        await expect(reaction(ada, "Helo", "👍")).to_have_attribute("data-count", number)
    [waiting] = await waiting_in(ada)
    assert (waiting["kind"], waiting["emoji"], waiting["on"]) == ("react", "👍", True)
    tab = await ada.another_tab()
    await ada.page.close()
    proxy.faults = {"POST": Fault.UNAVAILABLE, "GET /(ws|sse|poll)": Fault.CUT}
    await tab.go(id)
    own = reaction(tab, "Helo", "👍")
    await expect(own).to_have_attribute("aria-pressed", "true")
    await expect(own).to_have_attribute("title", "Bob")
    proxy.faults = {}
    await expect(own).to_have_attribute("title", "Bob and Ada")
    assert await stored(id, 1) == {"👍": 2}


async def test_a_reaction_that_is_refused_is_taken_back_and_said(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await talk(travellers)
    await react(bob, "Helo", "thumbs up")
    own = reaction(ada, "Helo", "👍")
    await expect(own).to_be_visible()
    await cut(ada, proxy)
    await own.click()
    await expect(own).to_have_attribute("data-count", "2")
    await commit([Unsend(id, ada.user.id, 1, 1)])
    proxy.faults = {}
    said = ada.page.get_by_role("alert")
    with within(15):
        await expect(said).to_have_text("This message was unsent.")
    await ada.shows("Message unsent", "Secret")
    await expect(ada.page.locator(".reaction")).to_have_count(0)
    await ada.page.reload()
    await ada.shows("Message unsent", "Secret")
    assert await is_settled(ada)


async def test_the_answer_to_a_post_counts_where_a_message_names_the_newest_only(
    travellers: People,
) -> None:
    ada = await travellers.join("ada")
    crowd = [await factories.make_user(f"user{n}") for n in range(MARKED)]
    id = await factories.make_conversation([ada.user, *crowd], "Crowd")
    await factories.make_message(ada.user, id, "Helo")
    for user in (ada.user, *crowd):
        await commit([React(id, user.id, 1, "👍", on=True, at=1)])
    await ada.chat(id)
    own = reaction(ada, "Helo", "👍")
    await expect(own).to_have_attribute("data-count", str(MARKED + 1))
    await react(ada, "Helo", "thumbs up")
    await expect(own).to_have_attribute("data-count", str(MARKED))
    await eventually(lambda: is_settled(ada))
    assert await stored(id, 1) == {"👍": MARKED}


async def waiting_in(screen: Screen) -> list[dict[str, object]]:
    """What is kept to be sent."""
    kept: list[dict[str, object]] = await screen.page.evaluate(KEPT)
    return kept


async def is_settled(screen: Screen) -> bool:
    return await waiting_in(screen) == []


async def test_a_text_with_marks_is_saved_once_too(travellers: People) -> None:
    """The page cannot see that it is what was sent."""
    ada, bob, id = await talk(travellers)
    await edit(ada, "Helo", "**Hello** `x`")
    for screen in (ada, bob):
        await screen.shows("Hello x", "Secret")
        await expect(screen.page.locator(".sending")).to_have_count(0)
        await screen.holds_the_log(id)


async def test_what_was_changed_elsewhere_meanwhile_is_told_and_both_texts_are_there(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await talk(travellers)
    await cut(ada, proxy)
    await edit(ada, "Helo", "From the desk")
    await commit([Edit(id, ada.user.id, 1, "From the phone", 1, 1)])
    proxy.faults = {}
    failed = ada.page.locator(".failed")
    with within(15):
        await expect(failed.locator(".state")).to_have_text(
            "Not saved. It was changed on another device."
        )
    await expect(failed.locator(".body")).to_have_text("From the phone")
    await ada.page.reload()
    await expect(failed.locator(".body")).to_have_text("From the phone")
    await failed.get_by_role("button", name="Edit").click()
    await expect(ada.page.get_by_label("Edit your text")).to_have_value("From the desk")
    await ada.press("Save")
    for screen in (ada, bob):
        await screen.shows("From the desk", "Secret")
        await expect(screen.page.locator(".failed")).to_have_count(0)


async def test_a_text_for_what_was_unsent_meanwhile_can_be_sent_as_a_message(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, _, id = await talk(travellers)
    await cut(ada, proxy)
    await edit(ada, "Helo", "Hello")
    await commit([Unsend(id, ada.user.id, 1, 1)])
    proxy.faults = {}
    failed = ada.page.locator(".failed")
    with within(15):
        await expect(failed.locator(".state")).to_contain_text("This message was unsent.")
    await expect(failed.locator(".body")).to_have_text("Message unsent")
    await failed.get_by_role("button", name="Edit").click()
    await expect(ada.composer).to_have_value("Hello")
    await expect(failed).to_have_count(0)


async def test_what_is_discarded_leaves_the_message_as_it_is(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, _, id = await talk(travellers, "sse")
    proxy.faults = {"POST": Fault.UNAVAILABLE}
    await choose(ada, "Secret", "Unsend…", "Unsend message")
    await expect(ada.page.locator(".failed .state")).to_have_text(
        "Not saved. The server could not take it."
    )
    await expect(bodies(ada)).to_have_text(["Helo", "Secret"])
    await ada.press("Discard")
    proxy.faults = {}
    await expect(ada.page.locator(".failed")).to_have_count(0)
    await ada.page.reload()
    await ada.shows("Helo", "Secret")
    await ada.holds_the_log(id)


async def test_unsending_from_the_menu_asks_first(travellers: People) -> None:
    ada, bob, _ = await talk(travellers)
    await choose(ada, "Secret", "Unsend…", "Keep it")
    await choose(ada, "Secret", "Unsend…")
    await ada.page.keyboard.press("Escape")
    await choose(ada, "Secret", "Unsend…", "Unsend message")
    await bob.shows("Helo", "Message unsent")
    await ada.shows("Helo", "Message unsent")
