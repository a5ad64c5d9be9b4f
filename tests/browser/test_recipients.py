"""New message: names as chips, suggestions under the field; checkboxes without JavaScript."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen


async def test_people_are_chosen_with_the_keys(people: People) -> None:
    ada = await writing(people)
    await expect(options(ada)).to_have_text(["Eve eve"])
    await field(ada).press("ArrowDown")
    await field(ada).press("Enter")
    await expect(chips(ada)).to_have_text(["Eve"])
    await expect(field(ada)).to_have_attribute("aria-expanded", "false")
    await field(ada).press_sequentially("bo")
    await expect(options(ada)).to_have_text(["Bob bob", "Bobby bobby"])
    await expect(field(ada)).to_have_attribute("aria-expanded", "true")
    await is_marked(ada, "Bob")
    await field(ada).press("ArrowDown")
    await is_marked(ada, "Bobby")
    await field(ada).press("ArrowDown")
    await is_marked(ada, "Bob")
    await field(ada).press("ArrowUp")
    await field(ada).press("Enter")
    await expect(chips(ada)).to_have_text(["Eve", "Bobby"])
    await expect(field(ada)).to_have_value("")
    await expect(field(ada)).to_be_focused()
    await ada.fill(title="Three of us")
    await field(ada).press("Enter")
    await ada.title_is("Three of us")
    await expect(ada.page.locator(".line")).to_contain_text("Ada, Bobby, Eve")


async def test_enter_chooses_what_is_still_being_looked_up(people: People) -> None:
    ada = await writing(people)
    await field(ada).press_sequentially("bobby", delay=0)
    await field(ada).press("Enter")
    await expect(chips(ada)).to_have_text(["Bobby"])


async def test_people_are_chosen_and_taken_out_by_a_click(people: People) -> None:
    ada = await writing(people)
    await field(ada).press_sequentially("bo")
    await options(ada).filter(has_text="Bobby").click()
    await expect(chips(ada)).to_have_text(["Bobby"])
    await expect(field(ada)).to_be_focused()
    await chips(ada).click()
    await expect(chips(ada)).to_have_count(0)
    await expect(field(ada)).to_be_focused()


async def test_backspace_takes_out_the_last_name_and_escape_closes_the_list(
    people: People,
) -> None:
    ada = await writing(people, "?to=eve&to=bob")
    await expect(chips(ada)).to_have_text(["Eve", "Bob"])
    await field(ada).press("Backspace")
    await expect(chips(ada)).to_have_text(["Eve"])
    await field(ada).press_sequentially("bo")
    await expect(options(ada)).to_have_count(2)
    await field(ada).press("Escape")
    await expect(options(ada).first).to_be_hidden()
    await expect(field(ada)).to_have_value("bo")
    await field(ada).press("ArrowDown")
    await expect(options(ada).first).to_be_visible()


async def test_what_is_typed_stays_when_one_goes_on_to_another_field(people: People) -> None:
    ada = await writing(people, "?to=eve")
    await field(ada).press_sequentially("bob")
    await field(ada).press("Tab")
    await expect(options(ada).first).to_be_hidden()
    await expect(field(ada)).to_have_value("bob")
    await ada.fill(title="Three of us")
    await ada.press("Start conversation")
    await ada.title_is("Three of us")


async def test_who_is_chosen_is_not_suggested_again(people: People) -> None:
    ada = await writing(people, "?to=bob")
    await field(ada).press_sequentially("bo")
    await expect(options(ada)).to_have_text(["Bobby bobby"])


async def test_without_javascript_people_are_checked_on_the_same_page(people: People) -> None:
    ada = await writing(people, javascript=False)
    await ada.page.get_by_label("Eve").check()
    await ada.fill(q="bo")
    await ada.press("Look up names")
    await expect(ada.page.get_by_label("Eve")).to_be_checked()
    await ada.page.get_by_label("Bobby").check()
    await ada.fill(q="", title="Three of us")
    await ada.press("Start conversation")
    await ada.title_is("Three of us")
    await expect(ada.page.locator(".line")).to_contain_text("Ada, Bobby, Eve")


@pytest.mark.parametrize("path", ["/", "/chat/new/"])
async def test_a_note_to_self_is_one_click(people: People, path: str) -> None:
    ada = await people.join("ada")
    await ada.go(path)
    await ada.press("Note to self")
    await ada.title_is("Note to self")


async def writing(people: People, query: str = "", *, javascript: bool = True) -> Screen:
    """Ada at a new message; with Eve she has talked before."""
    ada = await people.join("ada", javascript=javascript)
    for username in ("bob", "bobby"):
        await factories.make_user(username)
    await factories.make_conversation([ada.user, await factories.make_user("eve")])
    await ada.go("/chat/new/", query)
    if javascript:
        await expect(field(ada)).to_be_focused()
    return ada


async def is_marked(screen: Screen, name: str) -> None:
    marked = screen.page.get_by_role("option", selected=True)
    await expect(marked).to_have_text(re.compile(f"{name} "))
    id = await marked.get_attribute("id")
    assert await field(screen).get_attribute("aria-activedescendant") == id


def field(screen: Screen) -> Locator:
    return screen.page.locator("#to")


def options(screen: Screen) -> Locator:
    return screen.page.get_by_role("option", include_hidden=True)


def chips(screen: Screen) -> Locator:
    return screen.page.locator(".chip")
