"""What browsers do each in their own way holds in each engine."""

import pytest

from db import conversations, participants
from db.log.commit import commit
from db.messages import Send
from db.users import User
from tests import factories
from tests.applications import Site
from tests.browser.engines import Engine
from tests.browser.screen import FROM_TOP, LEFT_OF, SCROLL
from tests.waiting import eventually

WATCH = """() => {
    const view = document.getElementById('scroller').getBoundingClientRect()
    const {id} = [...document.querySelectorAll('#messages > .message')]
        .find(li => li.getBoundingClientRect().bottom > view.top + view.height / 2)
    let first
    window.moved = window.pictures = 0
    window.painted?.disconnect()
    window.painted = new ResizeObserver(([{target}]) => {
        const {top} = target.getBoundingClientRect()
        first ??= top
        moved = Math.max(moved, Math.abs(top - first))
        pictures++
    })
    const watch = () => {
        painted.disconnect()
        painted.observe(document.querySelector(`[id="${id}"] .bubble`))
        window.watching = requestAnimationFrame(watch)
    }
    cancelAnimationFrame(window.watching)
    watch()
}"""
"""Notes, as each picture is painted, how far what stands in the middle has moved."""

EDGES = """() => {
    const all = [...document.querySelectorAll('#messages > [data-position]')]
    return [all[0], all.at(-1)].map(li => Number(li.dataset.position))
}"""
"""The first and the last position that is held."""

GROW = """position => {
    document.querySelector(`[data-position="${position}"] .body`).append('more '.repeat(900))
}"""

WRITE = """() => {
    const body = document.getElementById('body')
    body.value = 'line\\n'.repeat(8)
    body.dispatchEvent(new Event('input', {bubbles: true}))
}"""

MOVE_POINTER = "() => dispatchEvent(new Event('pointermove'))"
"""Reading takes that, or the focus, which not every engine has where no desktop gives it."""

TOP, MIDDLE, BOTTOM = -(10**6), -3000, 0


async def test_what_one_looks_at_stays_whatever_loads_arrives_changes_or_is_trimmed(
    engine: Engine, site: Site
) -> None:
    ada, id = await three_weeks(430)
    await engine.open(site.url, await factories.make_session(ada), f"/chat/{id}/")
    await engine.becomes("() => document.querySelector('#connection[data-state=live]')")
    while (first := (await engine.run(EDGES))[0]) > 1:
        await engine.run(f"() => {{ ({SCROLL})({TOP}); ({WATCH})() }}")
        await engine.becomes(f"first => ({EDGES})()[0] < first", first)
        await has_stayed(engine, f"older than {first}")
    await engine.run(SCROLL, MIDDLE)
    await engine.run(WATCH)
    for position in (5, 275):
        await engine.run(GROW, position)
        await has_stayed(engine, f"{position} grows")
    await engine.run(WRITE)
    await has_stayed(engine, "the composer grows")
    await engine.resize(900, 700)
    await engine.becomes("() => innerWidth <= 900")
    await has_stayed(engine, "the window shrinks")
    while (last := (await engine.run(EDGES))[1]) < 430:
        await engine.run(f"() => {{ ({SCROLL})({BOTTOM}); ({WATCH})() }}")
        await engine.becomes(f"last => ({EDGES})()[1] > last", last)
        await has_stayed(engine, f"newer than {last}")


async def test_the_composer_grows_with_its_text_and_stays_in_view_on_a_low_screen(
    engine: Engine, site: Site
) -> None:
    ada, id = await three_weeks(60)
    await engine.resize(667, 220)
    await engine.open(site.url, await factories.make_session(ada), f"/chat/{id}/")
    await engine.becomes("() => document.querySelector('#connection[data-state=live]')")
    height = "() => document.getElementById('body').getBoundingClientRect().height"
    assert await engine.run(height) < 60
    await engine.run(WRITE)
    grown = await engine.run(height)
    assert 60 < grown <= await engine.run("() => innerHeight * 0.4 + 1")
    for part in ("#body", ".send"):
        box = f"() => document.querySelector('{part}').getBoundingClientRect()"
        assert await engine.run(f"() => ({box})().bottom <= innerHeight && ({box})().top >= 0")
    await engine.resize(1280, 800)


async def test_a_conversation_opens_at_the_first_unread_and_what_was_on_screen_is_read(
    engine: Engine, site: Site
) -> None:
    ada, id = await three_weeks(100, read=60)
    await engine.open(site.url, await factories.make_session(ada), f"/chat/{id}/")
    await engine.becomes("() => document.querySelector('#connection[data-state=live]')")
    assert 0 <= await engine.run(FROM_TOP) < 150
    below = await engine.run("() => Number(document.getElementById('jump').dataset.count)")
    assert 0 < below < 40
    await engine.run(MOVE_POINTER)
    await eventually(lambda: has_read(ada, id, 100 - below))
    await engine.run("() => document.getElementById('jump').click()")
    await eventually(lambda: has_read(ada, id, 100))


@pytest.mark.parametrize("body", ["Hello one!\nשלום עולם.", "שלום עולם.\nHello one!"])
async def test_each_line_of_a_message_has_its_own_direction(
    engine: Engine, site: Site, body: str
) -> None:
    ada = await factories.make_user("ada")
    id = await factories.make_conversation([ada, await factories.make_user("bob")])
    await factories.make_message(ada, id, body)
    await engine.open(site.url, await factories.make_session(ada), f"/chat/{id}/")
    await engine.becomes("() => document.querySelector('#connection[data-state=live]')")
    for place in (".bubble", ".preview"):
        left_of = f"letters => ({LEFT_OF})(document.querySelector('{place}'), letters)"
        await engine.becomes(left_of, ["H", "!"])
        await engine.becomes(left_of, [".", "ש"])
    direction = "() => getComputedStyle(document.getElementById('body')).unicodeBidi"
    assert await engine.run(direction) == "plaintext"


async def three_weeks(number: int, read: int | None = None) -> tuple[User, int]:
    """A user who has read so many of these messages, or all, and where. They have one to seven
    lines, and are twenty minutes apart: pages end within a day, and days begin within pages."""
    ada, bob = await factories.make_user("ada"), await factories.make_user("bob")
    id = await factories.make_conversation([ada, bob])
    await commit(
        [
            Send(id, bob.id, factories.new_id(), f"{n}" + "\nline" * (n % 7), n * 1_200_000)
            for n in range(1, number + 1)
        ]
    )
    await participants.update_read([(id, ada.id, number if read is None else read)])
    return ada, id


async def has_read(user: User, id: int, position: int) -> bool:
    place = await conversations.get(id, user.id)
    return place is not None and place.read_position == position


async def has_stayed(engine: Engine, when: str) -> None:
    """Within two pixels, in each picture until a few more are painted; at most 300 are held."""
    await engine.run("() => { pictures = 0 }")
    await engine.becomes("() => pictures > 3")
    assert await engine.run("() => moved") <= 2, when
    first, last = await engine.run(EDGES)
    assert last - first < 300
