"""Days are set apart, and one author's run stands together: in the reader's own time."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from tests import factories
from tests.browser.people import People

SAID = [
    ("ada", "2026-03-01 23:30", "One"),
    ("ada", "2026-03-01 23:34", "Two"),
    ("ada", "2026-03-01 23:39", "Three"),
    ("bob", "2026-03-01 23:40", "Four"),
    ("ada", "2026-03-01 23:58", "Five"),
    ("ada", "2026-03-02 00:01", "Six"),
]


@pytest.mark.parametrize(
    ("javascript", "zone", "days", "continued", "first"),
    [
        (
            False,
            "Pacific/Kiritimati",
            {0: "1 March", 5: "2 March"},
            [1],
            "23:30",
        ),
        (True, "UTC", {0: "1 March", 5: "2 March"}, [1], "23:30"),
        (True, "Pacific/Kiritimati", {0: "2 March"}, [1, 5], "13:30"),
        (True, "America/New_York", {0: "1 March"}, [1, 5], "18:30"),
    ],
)
async def test_days_and_runs_are_those_of_the_readers_zone_or_else_of_utc(
    people: People,
    javascript: bool,
    zone: str,
    days: dict[int, str],
    continued: list[int],
    first: str,
) -> None:
    ada = await people.join("ada", javascript=javascript, timezone_id=zone, locale="en-GB")
    bob = await factories.make_user("bob")
    id = await factories.make_conversation([ada.user, bob])
    for username, moment, body in SAID:
        author = ada.user if username == "ada" else bob
        said_at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        await factories.make_message(author, id, body, created_at=int(said_at.timestamp() * 1000))
    await ada.chat(id)
    await expect(ada.messages.first.locator(".meta time")).to_have_text(first)
    for n, (_, _, body) in enumerate(SAID):
        message = ada.messages.nth(n)
        await expect(message.locator(".body")).to_have_text(body)
        await expect(message.locator(".day")).to_have_text([days[n]] if n in days else [])
        await expect(message).to_have_class("message continued" if n in continued else "message")


async def test_a_run_that_arrives_live_stands_together_like_one_that_was_there(
    people: People,
) -> None:
    ada, bob, _ = await people.pair()
    await ada.say("One")
    await ada.say("Two")
    await ada.shows("One", "Two")
    await bob.say("Three")
    await ada.shows("One", "Two", "Three")
    for screen in (ada, bob):
        await screen.shows("One", "Two", "Three")
        for n in range(2):
            await expect(screen.page.locator(".day")).to_have_count(1)
            await expect(screen.page.locator(".continued .body")).to_have_text(["Two"])
            if n == 0:
                await screen.page.reload()


async def test_after_midnight_an_open_page_calls_its_days_and_times_anew(people: People) -> None:
    ada = await people.join("ada", timezone_id="Europe/Berlin", locale="en-GB")
    bob = await factories.make_user("bob")
    late = datetime(2026, 3, 3, 22, 58, tzinfo=UTC)  # in Berlin two minutes before midnight
    said_at = int(late.timestamp() * 1000)
    id = await factories.make_conversation([ada.user, bob], active_at=said_at)
    await factories.make_message(bob, id, "Good night", created_at=said_at)
    await ada.page.clock.install(time=late)
    await ada.chat(id)
    day, time = ada.page.locator(".day"), ada.page.locator("#inbox time")
    await expect(day).to_have_text("Today")
    await expect(time).to_have_text("23:58")
    for hours, name in ((1, "Yesterday"), (24, "Tuesday"), (24 * 6, "3 March")):
        await ada.page.clock.fast_forward(hours * 3_600_000)
        await expect(day).to_have_text(name)
        await expect(time).to_have_text("3 Mar" if name == "3 March" else name)


async def test_the_day_stays_in_sight_while_one_scrolls(people: People) -> None:
    ada = await people.join("ada", locale="en-GB", timezone_id="UTC")
    id = await factories.make_conversation([ada.user])
    for hour in range(48):
        said_at = datetime(2026, 3, 1 + hour // 24, hour % 24, tzinfo=UTC)
        body = f"{hour}\nlines"
        created_at = int(said_at.timestamp() * 1000)
        await factories.make_message(ada.user, id, body, created_at=created_at)
    await ada.chat(id)
    day = ada.page.locator(".day-in-sight")
    await expect(day).to_have_text("2 March")
    await expect(day).to_be_in_viewport(ratio=1)
    await ada.message("12\nlines").scroll_into_view_if_needed()
    await expect(day).to_have_text("1 March")
    await ada.page.locator("#scroller").press("Home")
    await expect(day).to_be_hidden()
    await expect(ada.page.locator(".day").first).to_be_in_viewport(ratio=1)
