"""Who types: shown to others while it is so, and never what."""

import pytest
from playwright.async_api import expect

from tests.browser.people import People
from tests.browser.screen import Screen
from tests.waiting import in_time

WATCH = """() => {
    window.seen = []
    const look = () => {
        const line = document.querySelector('#typing li')
        const visible = !!line && getComputedStyle(line).visibility === 'visible'
        if (visible !== (seen.at(-1)?.visible ?? false)) seen.push({visible, at: Date.now()})
        requestAnimationFrame(look)
    }
    look()
}"""
"""Note each time that the line appears or disappears."""


@pytest.mark.parametrize("tier", ["ws", "sse", "poll"])
async def test_it_is_shown_to_others_and_gone_at_once_when_the_message_arrives(
    people: People, tier: str
) -> None:
    ada, bob, _ = await people.pair(tier)
    line = bob.page.get_by_text("Ada is typing…")
    # Between two polls nobody hears of a key, so there the next one has to be told anew.
    pause = 600 if tier == "poll" else 0
    await ada.composer.press_sequentially("Hel", delay=pause)
    await expect(line).to_be_visible()
    await ada.say("Hello")
    await ada.shows("Hello")
    lines = await bob.page.wait_for_function(
        """() => document.querySelector('.message .body')
            && {left: document.querySelectorAll('#typing li').length}"""
    )
    assert await lines.json_value() == {"left": 0}
    await ada.composer.press_sequentially("And", delay=pause)
    await expect(line).to_be_visible()


async def test_it_is_gone_3_s_after_the_last_key(people: People) -> None:
    ada, bob, _ = await people.pair()
    await bob.page.evaluate(WATCH)
    await ada.page.evaluate("addEventListener('keydown', () => { window.last = Date.now() })")
    await ada.composer.press_sequentially("Slowly and steadily", delay=150)
    assert await changes(bob) == [True]
    await expect(bob.page.get_by_text("Ada is typing…")).to_be_hidden()
    appeared, gone = await bob.page.evaluate("seen")
    assert (appeared["visible"], gone["visible"]) == (True, False)
    after = gone["at"] - await ada.page.evaluate("last")
    assert after > 2400, f"gone {after} ms after the last key"
    assert in_time(after / 1000, 3.6), f"gone {after} ms after the last key"
    await ada.composer.press_sequentially("!")
    await expect(bob.page.get_by_text("Ada is typing…")).to_be_visible()


async def test_it_is_not_shown_to_oneself_in_any_tab(people: People) -> None:
    ada, bob, id = await people.pair()
    second = await ada.another_tab()
    await second.chat(id)
    await ada.composer.press_sequentially("Hello")
    displays = [await display_of_line(screen, ada) for screen in (bob, ada, second)]
    assert displays == ["inline-block", "none", "none"]


async def display_of_line(screen: Screen, typist: Screen) -> str:
    """Whether the style sheet shows the line at all; every page is sent it, and keeps it."""
    line = screen.page.locator(f"#typing-{typist.user.id}")
    await expect(line).to_be_attached()
    return str(await line.evaluate("line => getComputedStyle(line).display"))


async def changes(screen: Screen) -> list[bool]:
    return [change["visible"] for change in await screen.page.evaluate("seen")]
