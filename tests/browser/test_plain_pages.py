"""Without JavaScript: Reload, a timed refresh that leaves the draft alone, texts that are kept."""

from playwright.async_api import expect

from db import sessions
from routes import errors
from tests import factories
from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.browser.people import People
from tests.browser.screen import Screen


async def test_the_page_says_that_it_is_plain_and_shows_no_button_that_would_do_nothing(
    people: People,
) -> None:
    ada, _, _ = await conversation(people)
    await expect(ada.page.get_by_text("Times are in UTC.")).to_be_visible()
    await expect(ada.page.get_by_role("link", name="Reload")).to_be_visible()
    await expect(ada.page.locator("#jump")).to_be_hidden()
    await ada.press("Inbox")
    await expect(ada.page.get_by_role("link", name="Reload")).to_be_visible()


async def test_a_timed_refresh_shows_what_is_new_and_leaves_the_draft_alone(
    people: People,
) -> None:
    ada, bob, id = await conversation(people)
    await ada.press("5 s")
    await expect(ada.page).to_have_url(f"{people.url}/chat/{id}/?refresh=5")
    await ada.composer.fill("half a thought")
    messages = ada.page.frame_locator("#log").locator(".message .body")
    await bob.say("Hello Ada")
    await expect(messages).to_have_text(["Hello Ada"])
    await expect(ada.composer).to_have_value("half a thought")
    await ada.press("Send")
    await expect(ada.page).to_have_url(f"{people.url}/chat/{id}/?refresh=5")
    await expect(messages).to_have_text(["Hello Ada", "half a thought"])
    await expect(messages.last).to_be_in_viewport()
    await expect(ada.composer).to_have_value("")
    await ada.press("Never")
    await expect(ada.page.locator("#log")).to_have_count(0)
    await ada.shows("Hello Ada", "half a thought")


async def test_links_in_a_frame_that_refreshes_itself_lead_the_whole_page(people: People) -> None:
    ada, _, id = await conversation(people)
    await factories.make_messages(ada.user, id, 60)
    await ada.go(id, "?refresh=60")
    await ada.page.frame_locator("#log").get_by_role("link", name="Older messages").click()
    await expect(ada.page.locator("#log")).to_have_count(0)
    await ada.shows(*[f"Message {n}" for n in range(1, 11)])


async def test_sending_again_where_the_answer_was_lost_is_sending_once(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await conversation(travellers)
    proxy.faults = {"POST": Fault.LOST}
    await ada.say("Once")
    await bob.shows("Once")
    await expect(ada.page).to_have_url("chrome-error://chromewebdata/")
    proxy.faults = {}
    await ada.page.reload()
    await expect(ada.page).to_have_url(f"{travellers.url}/chat/{id}/")
    await ada.shows("Once")
    assert proxy.requests.count(f"POST /chat/{id}/messages/") > 1
    await bob.say("Once is enough")
    await ada.shows("Once", "Once is enough")


async def test_what_is_sent_after_the_session_has_ended_is_kept_by_the_sign_in(
    people: People,
) -> None:
    ada, _, id = await conversation(people)
    await sessions.remove_all(ada.user.id)
    await ada.say("Not lost\nat all")
    await expect(ada.page.get_by_label("Your message was not sent")).to_have_value(
        "Not lost\nat all"
    )
    await ada.fill(username="ada", password=factories.PASSWORD)
    await ada.press("Sign in")
    await expect(ada.page).to_have_url(f"{people.url}/chat/{id}/")


async def test_a_text_that_is_far_too_long_is_still_there_after_back(people: People) -> None:
    ada, _, id = await conversation(people)
    text = "word " * (errors.KEPT_BYTES // 5)
    await ada.say(text)
    await expect(ada.page.get_by_role("heading", name="Too large")).to_be_visible()
    await expect(ada.page.get_by_text("Go back: what you wrote is still there.")).to_be_visible()
    await ada.page.go_back()
    await expect(ada.page).to_have_url(f"{people.url}/chat/{id}/")
    assert await ada.composer.input_value() == text


async def conversation(people: People) -> tuple[Screen, Screen, int]:
    """Ada without JavaScript and Bob with it, at their conversation, and its id."""
    ada, bob = await people.join("ada", javascript=False), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    for screen in (ada, bob):
        await screen.chat(id)
    return ada, bob, id
