"""Receipts in a browser: marks, faces and words, which move nothing that one reads."""

import re

import pytest
from playwright.async_api import expect

from actions import participants, receipts
from db.receipts import list_shown
from db.users import User
from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen
from tests.waiting import eventually

TOPS = "() => [...document.querySelectorAll('.bubble')].map(b => b.getBoundingClientRect().top)"
ATTENDED = "() => dispatchEvent(new PointerEvent('pointermove'))"


async def marked(screen: Screen, *words: str) -> None:
    """Returns once one's own messages, and no others, have these marks, each with its word."""
    marks = screen.messages.locator(".meta .receipt .label")
    await expect(marks).to_have_text(list(words))


async def concluded(screen: Screen, words: str | re.Pattern[str]) -> None:
    """Returns once these words stand under the newest message."""
    await expect(screen.page.locator("#messages > li:last-child#outcome")).to_have_text(words)


async def stored(id: int, *positions: tuple[int, int]) -> None:
    """Returns once the others are known to have read and to hold so much."""

    async def are_stored() -> bool:
        found = (await list_shown([id]))[id]
        held = {(each.read_position, each.delivered_position) for each in found}
        return held >= set(positions)

    await eventually(are_stored)


@pytest.mark.parametrize("tier", ["ws", "sse", "poll"])
async def test_what_becomes_of_a_message_shows_under_it_and_moves_nothing(
    people: People, tier: str
) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await ada.chat(id, tier)
    await ada.say("Hello")
    await ada.shows("Hello")
    await marked(ada, "Sent")
    await concluded(ada, "Sent")
    before = await ada.page.evaluate(TOPS)
    await bob.go("/", f"?live={tier}")
    await marked(ada, "Delivered")
    await concluded(ada, "Delivered")
    await bob.chat(id, tier)
    await bob.page.evaluate(ATTENDED)
    await marked(ada, "Read")
    await concluded(ada, re.compile(r"^Read \d+:\d\d"))
    assert await ada.page.evaluate(TOPS) == before
    await bob.say("Hi")
    await ada.shows("Hello", "Hi")
    await expect(ada.page.locator("#outcome")).to_have_count(0)
    await expect(bob.messages.locator(".receipt")).to_have_count(1)


async def test_a_line_that_comes_into_an_inbox_is_delivered(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await bob.go("/")
    await bob.is_live()
    await ada.chat(id)
    await ada.say("Hello")
    await marked(ada, "Delivered")


async def test_a_page_in_the_background_has_a_message_and_has_not_read_it(people: People) -> None:
    ada, bob, _ = await people.pair()
    await bob.page.evaluate("() => Object.defineProperty(document, 'hidden', {get: () => true})")
    await ada.say("Hello")
    await marked(ada, "Delivered")
    await bob.shows("Hello")


async def group(people: People) -> tuple[Screen, list[User], int]:
    """Ada at a group of five, and the others."""
    ada = await people.join("ada")
    others = [await factories.make_user(name) for name in ("bob", "cem", "dan", "eve")]
    tea = await factories.make_conversation([ada.user, *others], "Tea")
    for body in "12345":
        await factories.make_message(ada.user if body in "15" else others[0], tea, body)
    await ada.chat(tea)
    return ada, others, tea


async def test_faces_stand_at_the_last_message_each_has_read_and_move_nothing(
    people: People,
) -> None:
    ada, others, tea = await group(people)

    async def faces(body: str, *names: str) -> None:
        await expect(ada.message(body).locator(".readers > li")).to_have_text(list(names))

    await marked(ada, "Sent", "Sent")
    before = await ada.page.evaluate(TOPS)
    for person in others[:2]:
        await participants.read(person, tea, 2)
    await faces("2", "Bob", "Cem")
    await expect(ada.message("2").get_by_role("list", name="Read by")).to_have_count(1)
    await participants.read(others[1], tea, 5)
    await faces("2", "Bob")
    await faces("5", "Cem")
    await concluded(ada, "Read by 1")
    for person in others:
        await participants.read(person, tea, 5)
    await faces("2")
    await faces("5", "Bob", "Cem", "Dan, Eve")
    await marked(ada, "Read", "Read")
    await concluded(ada, "Read by 4")
    assert await ada.page.evaluate(TOPS) == before
    await expect(ada.page.locator(".readers")).to_have_count(1)
    await ada.page.locator("#outcome a").click()
    await expect(ada.page.get_by_role("heading", name="Read by 4")).to_be_visible()


async def test_a_page_that_comes_back_shows_the_same_as_a_fresh_one(people: People) -> None:
    ada, others, tea = await group(people)
    shown = """() => [...document.querySelectorAll('.readers, .receipt, #outcome, #receipts > *')]
        .map(each => each.outerHTML).sort()"""
    await ada.page.context.set_offline(True)
    for person, position in zip(others, (1, 3, 5, 5), strict=True):
        await participants.read(person, tea, position)
    receipts.deliver(others[0].id, {tea: 4})
    await stored(tea, (1, 4), (3, 3), (5, 5), (5, 5))
    await ada.page.context.set_offline(False)
    await concluded(ada, "Read by 2")
    fresh = await people.sign_in(ada.user)
    await fresh.chat(tea)
    await concluded(fresh, "Read by 2")
    await expect(fresh.page.locator(".readers")).to_have_count(3)
    assert await ada.page.evaluate(shown) == await fresh.page.evaluate(shown)


async def test_who_hides_receipts_sees_no_more_than_that_it_was_sent(people: People) -> None:
    ada, others, tea = await group(people)
    for person in others:
        await participants.read(person, tea, 5)
    await marked(ada, "Read", "Read")
    settings = await ada.another_tab()
    await settings.go("/account/")
    await settings.page.get_by_label("Hide read receipts").check()
    await settings.press("Save receipts")
    await marked(ada, "Sent", "Sent")
    await concluded(ada, "Sent")
    await expect(ada.page.locator(".readers")).to_have_count(0)


async def test_a_note_to_self_has_no_marks(people: People) -> None:
    ada = await people.join("ada")
    id = await factories.make_conversation([ada.user])
    await ada.chat(id)
    await ada.say("Buy rope")
    await ada.shows("Buy rope")
    await expect(ada.page.locator(".receipt, #outcome")).to_have_count(0)


async def test_without_javascript_the_word_stands_alone(people: People) -> None:
    ada, bob = (
        await people.join("ada", javascript=False),
        await people.join("bob", javascript=False),
    )
    id = await factories.make_conversation([ada.user, bob.user])
    await ada.go(id)
    await ada.say("Hello")
    await concluded(ada, "Sent")
    await bob.go(id)
    await bob.press("Mark as read")
    await stored(id, (1, 1))
    await ada.go(id)
    await concluded(ada, re.compile(r"Read \d\d:\d\d"))
    await ada.page.locator("#outcome a").click()
    await expect(ada.page.get_by_role("heading", name="Read by")).to_be_visible()
