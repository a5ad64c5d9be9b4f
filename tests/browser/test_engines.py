"""What browsers do each in their own way holds in each engine."""

from db import participants
from db.log.commit import commit
from db.messages import Send
from db.users import User
from tests import factories
from tests.applications import Site
from tests.browser.engines import Engine
from tests.browser.screen import SCROLL

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


async def three_weeks(number: int) -> tuple[User, int]:
    """A user who has read messages of one to seven lines, twenty minutes apart, and where: pages of
    them end within a day, and messages within pages open one."""
    ada, bob = await factories.make_user("ada"), await factories.make_user("bob")
    id = await factories.make_conversation([ada, bob])
    await commit(
        [
            Send(id, bob.id, factories.new_id(), f"{n}" + "\nline" * (n % 7), n * 1_200_000)
            for n in range(1, number + 1)
        ]
    )
    await participants.update_read([(id, ada.id, number)])
    return ada, id


async def has_stayed(engine: Engine, when: str) -> None:
    """Within two pixels, in each picture until a few more are painted; at most 300 are held."""
    await engine.run("() => { pictures = 0 }")
    await engine.becomes("() => pictures > 3")
    assert await engine.run("() => moved") <= 2, when
    first, last = await engine.run(EDGES)
    assert last - first < 300
