"""Searching messages in a browser: as one types, by the keyboard, and without JavaScript."""

from typing import Any

import pytest
from playwright.async_api import expect

from actions.search_index import index_all
from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen
from tests.waiting import eventually

BODIES = ["The tide is in", "High tide at ten", "Nothing of that kind", *["Hello"] * 60]


async def talked(people: People, **options: Any) -> tuple[Screen, int]:
    """Ada, whose conversation with Bob is indexed."""
    ada = await people.join("ada", **options)
    bob = await factories.make_user("bob")
    id = await factories.make_conversation([ada.user, bob])
    for body in BODIES:
        await factories.make_message(ada.user, id, body)
    await eventually(index_all)
    return ada, id


async def test_messages_are_found_as_one_types_and_lead_to_their_place(people: People) -> None:
    ada, id = await talked(people)
    await ada.go("/search/")
    await ada.page.keyboard.type("tid")
    hits = ada.page.locator("#results .hits small")
    await expect(hits).to_have_text(["High tide at ten", "The tide is in"])
    await expect(ada.page.locator("#results mark")).to_have_text(["tide", "tide"])
    await ada.page.keyboard.press("ArrowDown")
    await ada.page.keyboard.press("ArrowDown")
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_url(f"**/chat/{id}/?at=1#message-*")
    await expect(ada.message("The tide is in")).to_be_in_viewport()
    await ada.page.go_back()
    await expect(ada.page.locator("#q")).to_have_value("tid")
    await expect(hits).to_have_text(["High tide at ten", "The tide is in"])


async def test_enter_opens_a_name_and_no_message(people: People) -> None:
    ada, _ = await talked(people)
    await ada.go("/search/")
    await ada.page.keyboard.type("tide")
    await expect(ada.page.locator("#results .hits li")).to_have_count(2)
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_url("**/search/?q=tide")
    await expect(ada.page.locator("#results .hits li")).to_have_count(2)
    await ada.page.locator("#q").fill("bob")
    await expect(ada.page.locator("#results .row b").first).to_have_text("Bob")
    await ada.page.locator("#q").press("Enter")
    await ada.title_is("Bob")


async def test_further_messages_come_as_one_scrolls(people: People) -> None:
    ada, _ = await talked(people)
    await ada.go("/search/?q=hello")

    async def all_are_there() -> bool:
        await ada.page.locator("main").evaluate("main => main.scrollTo(0, main.scrollHeight)")
        return await ada.page.locator("#results [data-position]").count() == 60

    await eventually(all_are_there, pause=0.1)


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_a_conversation_is_searched_from_within(people: People, javascript: bool) -> None:
    ada, id = await talked(people, javascript=javascript)
    await ada.go(f"/chat/{id}/")
    await ada.page.locator(".conversation-head .icon-search").click()
    await ada.title_is("Search in Bob")
    await ada.page.locator("#q").fill("tide")
    await ada.page.locator("form[role=search] button").click()
    await ada.page.wait_for_url(f"**/search/?in={id}&q=tide")
    hits = ada.page.locator("#results .hits a")
    await expect(hits).to_have_count(2)
    await hits.last.click()
    await ada.page.wait_for_url(f"**/chat/{id}/?at=1#message-*")
    await expect(ada.message("The tide is in")).to_be_in_viewport()


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_the_inbox_has_a_box(people: People, javascript: bool) -> None:
    ada, _ = await talked(people, javascript=javascript)
    await ada.go("/")
    box = ada.page.get_by_role("searchbox", name="Search")
    await box.fill("tide")
    await box.press("Enter")
    await ada.page.wait_for_url("**/search/?q=tide")
    await expect(ada.page.locator("#results .hits li")).to_have_count(2)


async def test_without_a_script_earlier_messages_are_a_page(people: People) -> None:
    ada, _ = await talked(people, javascript=False)
    await ada.go("/search/?q=hello")
    await expect(ada.page.locator("#results [data-position]")).to_have_count(20)
    await ada.press("Earlier messages")
    await expect(ada.page.locator("#results [data-position]").first).to_have_attribute(
        "data-position", "43"
    )
