"""Who was away while much changed sees, back without a reload, what a fresh page shows."""

import random

import pytest
from playwright.async_api import expect

from actions import edits, pins, reactions, unsends
from db.users import User
from tests import factories
from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.browser.people import People
from tests.browser.screen import Screen
from tests.waiting import eventually

SHOWN = """() => ['#messages', '#pinned', '#heading'].map(place => {
    const shown = document.querySelector(place).cloneNode(true)
    shown.querySelectorAll('.more, .new-line').forEach(e => e.remove())
    const places = shown.querySelectorAll('*')
    for (const e of [shown, ...places]) for (const {name} of [...e.attributes]) {
        if (!KEPT.includes(name)) e.removeAttribute(name)
    }
    return shown.outerHTML.replace(/\\s+/g, ' ').replace(/> </g, '><')
})""".replace(
    "KEPT",
    """['id', 'class', 'href', 'datetime', 'data-position', 'data-revision', 'data-author',
    'data-emoji', 'data-count', 'data-by', 'title']""",
)
"""The markup that counts, without what depends on how a page came by it."""

CHANGES = 300


async def change_much(ada: User, bob: User, chat: int, number: int) -> None:
    """Edits, unsends, pins and reactions of the first fifty messages, at random."""
    chance = random.Random(number)  # noqa: S311
    authors = {position: (ada if position % 2 else bob) for position in range(1, 51)}
    unsent: set[int] = set()
    for n in range(number):
        position = chance.randint(1, 50)
        [kind] = chance.choices(("edit", "react", "pin", "unpin", "unsend"), (6, 6, 4, 3, 1))
        author = authors[position]
        if position in unsent:
            continue
        if kind == "edit":
            await edits.edit(author, chat, position, f"Words {n} for *{position}*", 2**50)
        elif kind == "unsend":
            await unsends.unsend(author, chat, position)
            unsent.add(position)
        elif kind == "react":
            emoji, on = chance.choice("👍🎉😂"), chance.random() < 0.7
            await reactions.react(chance.choice((ada, bob)), chat, position, emoji, on=on)
        else:
            await pins.pin(bob, chat, position, kind == "pin")


@pytest.mark.parametrize("tier", ["ws", "sse", "poll"])
async def test_a_page_that_was_away_shows_what_a_fresh_one_does(
    travellers: People, proxy: FaultyProxy, tier: str
) -> None:
    ada = await travellers.join("ada")
    bob = await factories.make_user("bob")
    chat = await factories.make_conversation([ada.user, bob], "Tea")
    for position in range(1, 51):
        await factories.make_message(ada.user if position % 2 else bob, chat, f"Number {position}")
    await ada.chat(chat, tier)
    await expect(ada.messages).to_have_count(50)
    proxy.faults = {"": Fault.CUT}
    await proxy.cut()
    await expect(ada.page.locator("#connection")).to_have_attribute("data-state", "offline")
    await change_much(ada.user, bob, chat, CHANGES)
    before = await ada.page.evaluate(SHOWN)
    proxy.faults = {}
    await ada.is_live(tier)
    fresh = await ada.another_tab()
    await fresh.chat(chat, tier)
    await eventually(lambda: same(ada, fresh))
    assert await ada.page.evaluate(SHOWN) != before
    await expect(ada.page.locator(".reaction")).not_to_have_count(0)


async def same(one: Screen, other: Screen) -> bool:
    shown: list[str] = await one.page.evaluate(SHOWN)
    fresh: list[str] = await other.page.evaluate(SHOWN)
    return shown == fresh
