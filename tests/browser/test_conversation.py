"""Two people meet and talk, with JavaScript and without, in every pairing."""

import asyncio

import pytest
from playwright.async_api import WebSocket, expect

from actions import conversations, sessions, users
from actions.messages import BODY_LENGTH
from app import MESSAGE_BYTES
from routes.streams.limits import FRAME_BYTES
from tests import factories
from tests.browser.faulty_proxy import FaultyProxy
from tests.browser.people import People
from tests.browser.screen import LEFT_OF, Screen

PASSWORD = "correct horse battery"

with_and_without = pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])


@pytest.mark.parametrize(
    ("ada_has", "bob_has"),
    [(True, True), (True, False), (False, False)],
    ids=["js and js", "js and plain", "plain and plain"],
)
async def test_two_people_meet_and_talk(people: People, ada_has: bool, bob_has: bool) -> None:
    ada = await people.stranger(javascript=ada_has)
    bob = await people.stranger(javascript=bob_has)
    await sign_up(ada, "Ada")
    await sign_up(bob, "Bob")

    await ada.press("People")
    await ada.fill(q="bo")
    await ada.page.locator("main").get_by_role("button", name="Search").click()
    await ada.press("Message Bob")
    await ada.title_is("Bob")
    await ada.say("Hello Bob")
    await ada.shows("Hello Bob")

    await bob.sees(bob.page.locator("#inbox p"), "Hello Bob")
    await bob.press("Ada")
    await bob.shows("Hello Bob")
    await bob.say("Hello Ada\nand a second line")
    await ada.shows("Hello Bob", "Hello Ada\nand a second line")
    await ada.say("https://example.org/ 👋 שלום")
    for screen in (ada, bob):
        await screen.shows(
            "Hello Bob", "Hello Ada\nand a second line", "https://example.org/ 👋 שלום"
        )
        await screen.holds_the_log(ada.conversation_id)
    link = bob.page.get_by_role("link", name="https://example.org/")
    await expect(link).to_have_attribute("href", "https://example.org/")


async def sign_up(screen: Screen, name: str) -> None:
    await screen.go("/signup/")
    await screen.fill(name=name, username=name.lower(), password=PASSWORD)
    await screen.press("Create account")
    await screen.title_is("Inbox")


@with_and_without
async def test_wrong_input_gets_the_form_again_filled_in_with_a_sentence_at_each_field(
    people: People, javascript: bool
) -> None:
    await factories.make_user("ada")
    screen = await people.stranger(javascript=javascript)
    await screen.go("/signup/")
    await screen.fill(name="Ada 🌙", username="Ada B", password="short")
    await screen.press("Create account")
    username = screen.page.get_by_label("Username")
    await expect(username).to_have_value("Ada B")
    await expect(username).to_have_attribute("aria-invalid", "true")
    await expect(screen.page.locator("#username-error")).not_to_be_empty()
    await expect(screen.page.locator("#password-error")).to_contain_text("8")
    await expect(screen.page.get_by_label("Your name")).to_have_value("Ada 🌙")

    await screen.fill(username="ada", password=PASSWORD)
    await screen.press("Create account")
    await expect(screen.page.locator("#username-error")).to_contain_text("taken")
    await screen.fill(username="ada.b", password=PASSWORD)
    await screen.press("Create account")
    await screen.title_is("Inbox")
    await screen.go("/chat/new/")
    await screen.fill(q="ada, missing.user")
    await screen.press("Start conversation")
    await expect(screen.page.locator("#to-error")).to_contain_text("missing.user")
    await screen.sign_out()
    await screen.title_is("Sign in")
    await screen.fill(username="ada.b", password="wrong horse")
    await screen.press("Sign in")
    await expect(screen.page.get_by_label("Username")).to_have_value("ada.b")
    await expect(screen.page.get_by_role("alert")).to_contain_text("password")


async def test_what_two_people_send_at_once_stands_once_and_in_one_order_everywhere(
    people: People,
) -> None:
    ada, bob, id = await people.pair()
    await asyncio.gather(*[say_much(screen) for screen in (ada, bob)])
    for screen in (ada, bob):
        sent = screen.messages.and_(screen.page.locator("[data-position]"))
        await expect(sent).to_have_count(40)
        await screen.holds_the_log(id)
        for whose in (ada, bob):
            own = screen.page.locator(f".message[data-author='{whose.user.id}'] .body")
            wanted = [f"{whose.user.username} {n}" for n in range(20)]
            assert await own.all_text_contents() == wanted


async def say_much(screen: Screen) -> None:
    for n in range(20):
        await screen.say(f"{screen.user.username} {n}")


async def test_a_message_stands_there_at_once_and_the_same_bubble_becomes_the_sent_one(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await travellers.pair()
    proxy.hold()
    await ada.say("Hello")
    bubble = ada.message("Hello")
    await expect(bubble).to_have_class("message sending")
    await bubble.evaluate("li => { li.known = true }")
    proxy.release()
    await ada.shows("Hello")
    await bob.shows("Hello")
    assert await bubble.evaluate("li => li.known"), "the bubble is another one now"
    await expect(bubble).to_have_class("message")
    await ada.holds_the_log(id)


async def test_two_tabs_of_one_person_show_the_same(people: People) -> None:
    ada, bob, id = await people.pair()
    second = await ada.another_tab()
    await second.chat(id)
    await ada.say("From the first")
    await second.shows("From the first")
    await second.say("From the second")
    await bob.shows("From the first", "From the second")
    for tab in (ada, second):
        await tab.shows("From the first", "From the second")
        await tab.holds_the_log(id)


async def test_a_draft_survives_a_reload_and_another_page_until_it_is_sent(people: People) -> None:
    ada, bob, id = await people.pair()
    await ada.composer.press_sequentially("half a thought")
    await ada.page.reload()
    await expect(ada.composer).to_have_value("half a thought")
    await ada.go("/")
    await ada.chat(id)
    await expect(ada.composer).to_have_value("half a thought")
    await ada.composer.press("Enter")
    await bob.shows("half a thought")
    await expect(ada.composer).to_have_value("")
    await ada.page.reload()
    await ada.shows("half a thought")
    await expect(ada.composer).to_have_value("")


async def test_a_draft_is_the_same_in_all_tabs_and_gone_from_all_when_it_is_sent(
    people: People,
) -> None:
    ada, bob, id = await people.pair()
    second = await ada.another_tab()
    await second.chat(id)
    await ada.composer.press_sequentially("half a thought")
    await expect(second.composer).to_have_value("half a thought")
    await second.composer.press_sequentially(" more")
    await expect(ada.composer).to_have_value("half a thought more")
    await second.composer.press("Enter")
    await expect(ada.composer).to_have_value("")
    await bob.shows("half a thought more")


async def test_different_words_in_two_tabs_stay_until_each_is_sent(people: People) -> None:
    ada, bob, id = await people.pair()
    second = await ada.another_tab()
    await second.chat(id)
    await ada.composer.fill("one")
    await expect(second.composer).to_have_value("one")
    await second.composer.fill("two")
    await ada.composer.press_sequentially(" more")
    await expect(second.composer).to_have_value("two")
    for tab, words in ((ada, "one more"), (second, "two")):
        await tab.page.reload()
        await expect(tab.composer).to_have_value(words)
    await second.is_live("ws")
    await second.composer.press("Enter")
    await bob.shows("two")
    await expect(ada.composer).to_have_value("one more")
    await ada.page.reload()
    await expect(ada.composer).to_have_value("one more")
    await ada.composer.press("Enter")
    await bob.shows("two", "one more")
    for tab in (ada, second):
        await tab.page.reload()
        await tab.shows("two", "one more")
        await expect(tab.composer).to_have_value("")


async def test_what_is_deleted_in_one_tab_is_gone_from_the_other(people: People) -> None:
    ada, _, id = await people.pair()
    second = await ada.another_tab()
    await second.chat(id)
    await ada.composer.press_sequentially("half a thought")
    await expect(second.composer).to_have_value("half a thought")
    await second.composer.press("Home")
    for _ in range(len("half ")):
        await second.composer.press("ArrowRight")
    for left in ("half  thought", "half thought", "halfthought"):
        await second.composer.press("Delete" if left != "halfthought" else "Backspace")
        await expect(ada.composer).to_have_value(left)
    await second.composer.press("End")
    for _ in "halfthought":
        await second.composer.press("Backspace")
    await expect(ada.composer).to_have_value("")
    for tab in (ada, second):
        await tab.page.reload()
        await expect(tab.composer).to_have_value("")


async def test_what_is_deleted_in_one_tab_leaves_the_other_its_own_words(people: People) -> None:
    ada, _, id = await people.pair()
    second = await ada.another_tab()
    await second.chat(id)
    await ada.composer.fill("one")
    await expect(second.composer).to_have_value("one")
    await second.composer.fill("another thought")
    await ada.composer.press_sequentially(" more")
    await second.composer.fill("")
    await ada.page.reload()
    await expect(ada.composer).to_have_value("one more")


async def test_words_that_were_sent_from_another_tab_do_not_come_back(people: People) -> None:
    ada, bob, id = await people.pair()
    await ada.composer.fill("half a thought")
    await ada.go("/")
    second = await ada.another_tab()
    await second.chat(id)
    await second.composer.press("Enter")
    await bob.shows("half a thought")
    await ada.chat(id)
    await ada.shows("half a thought")
    await expect(ada.composer).to_have_value("")


async def test_what_is_kept_in_the_browser_may_be_damaged(people: People) -> None:
    ada, bob, id = await people.pair()
    damaged = {f"draft:{id}": "{", "outbox:1": "x", "outbox:2": "{}", "outbox:3": '{"id":"3"}'}
    for name, value in damaged.items():
        await ada.page.evaluate(
            "([name, value]) => { localStorage[name] = value }",
            [f"parley:{ada.user.id}:{name}", value],
        )
    await ada.page.evaluate("() => { sessionStorage.tier = 'x' }")
    await ada.page.reload()
    await ada.is_live("ws")
    await ada.say("Still here")
    await bob.shows("Still here")


@pytest.mark.parametrize("storage", ["forbidden", "full"])
async def test_storage_that_is_forbidden_or_full_is_survived(people: People, storage: str) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    await ada.page.add_init_script(STORAGES[storage])
    id = await factories.make_conversation([ada.user, bob.user])
    for screen in (ada, bob):
        await screen.chat(id)
    await bob.say("Hello Ada")
    await ada.shows("Hello Ada")
    await ada.say("Hello Bob")
    await bob.shows("Hello Ada", "Hello Bob")


STORAGES = {
    "forbidden": """
        const forbidden = {get() { throw new DOMException('', 'SecurityError') }}
        Object.defineProperties(window, {localStorage: forbidden, sessionStorage: forbidden})
    """,
    "full": """
        Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }
    """,
}


@with_and_without
async def test_what_is_refused_says_why_and_keeps_the_text(
    people: People, javascript: bool
) -> None:
    ada = await people.join("ada", javascript=javascript)
    id = await factories.make_conversation([ada.user])
    await ada.chat(id)
    long = "x" * 8001
    await (ada.say_too_much(long) if javascript else ada.say(long))
    sentence = ada.page.get_by_text("at most 8,000 characters")
    await expect(sentence).to_be_visible()
    if javascript:
        await ada.press("Edit")
        await expect(sentence).to_have_count(0)
    await expect(ada.composer).to_have_value(long)
    await ada.say("short")
    await ada.shows("short")


@pytest.mark.parametrize("tier", ["ws", "sse"])
async def test_what_is_too_large_for_any_form_says_so_and_is_kept(
    people: People, tier: str
) -> None:
    ada = await people.join("ada")
    await ada.chat(await factories.make_conversation([ada.user]), tier)
    large = "x" * MESSAGE_BYTES
    await ada.say_too_much(large)
    failed = ada.page.locator(".failed .state")
    await expect(failed).to_have_text("This is more than can be sent at once.")
    await ada.press("Edit")
    await expect(ada.composer).to_have_value(large)
    await ada.say("Less")
    await ada.shows("Less")


async def test_what_is_too_large_for_a_frame_goes_by_post_and_costs_no_socket(
    people: People,
) -> None:
    ada = await people.join("ada")
    sockets: list[WebSocket] = []

    def opened(socket: WebSocket) -> None:
        sockets.append(socket)

    ada.page.on("websocket", opened)
    await ada.chat(await factories.make_conversation([ada.user]), "ws")
    await ada.say_too_much("x" * FRAME_BYTES)
    await expect(ada.page.locator(".failed .state")).to_contain_text("at most 8,000 characters")
    await ada.say("Next")
    await expect(ada.message("Next")).to_have_attribute("data-position", "1")
    assert len(sockets) == 1


async def test_what_is_too_large_for_any_form_gets_a_page_without_a_script(people: People) -> None:
    ada = await people.join("ada", javascript=False)
    await ada.chat(await factories.make_conversation([ada.user]))
    await ada.say("x" * MESSAGE_BYTES)
    await expect(ada.page.get_by_role("heading", name="Too large")).to_be_visible()
    await expect(ada.page.get_by_label("Your message was not sent")).to_have_value(
        "x" * MESSAGE_BYTES
    )
    await ada.press("Go to your inbox")
    await ada.title_is("Inbox")


async def test_enter_sends_and_shift_enter_breaks_the_line(people: People) -> None:
    ada, bob, _ = await people.pair()
    await ada.composer.press_sequentially("one")
    await ada.composer.press("Shift+Enter")
    await ada.composer.press_sequentially("two")
    await ada.composer.press("Enter")
    await bob.shows("one two")
    assert await bob.messages.locator(".body").all_text_contents() == ["one\ntwo"]


async def test_a_tower_of_accents_covers_no_other_message(people: People) -> None:
    ada, _, id = await people.pair()
    await factories.make_message(ada.user, id, "First")
    await factories.make_message(ada.user, id, "Z" + "\u0301" * 40)
    await ada.go(id)
    above = await ada.message("First").bounding_box()
    assert above is not None
    tower = ada.page.locator(".body").last
    with_tower = await ada.page.screenshot(clip=above)
    await tower.evaluate("body => body.textContent = 'Z'")
    assert await ada.page.screenshot(clip=above) == with_tower


@pytest.mark.parametrize("body", ["Hello one!\nשלום עולם.", "שלום עולם.\nHello one!"])
async def test_each_line_of_a_message_has_its_own_direction_without_javascript(
    people: People, body: str
) -> None:
    ada = await people.join("ada", javascript=False)
    id = await factories.make_conversation([ada.user, await factories.make_user("bob")])
    await factories.make_message(ada.user, id, body)
    await ada.go(id)
    for place in (ada.page.locator(".bubble"), ada.page.locator(".preview")):
        assert await place.evaluate(LEFT_OF, ["H", "!"])
        assert await place.evaluate(LEFT_OF, [".", "ש"])
    await expect(ada.composer).to_have_css("unicode-bidi", "plaintext")


async def test_each_line_of_a_message_that_failed_has_its_own_direction(people: People) -> None:
    ada, *_ = await people.pair()
    await ada.say_too_much("Hello one!\nשלום עולם.\n" + "x" * BODY_LENGTH)
    failed = ada.page.locator(".message.failed .body")
    await expect(failed).to_have_count(1)
    assert await failed.evaluate(LEFT_OF, [".", "ש"])


async def test_a_rename_shows_one_name_everywhere_at_once(people: People) -> None:
    ada, bob, id = await people.pair()
    await ada.say("One")
    await ada.say("Two")
    await bob.shows("One", "Two")
    await users.rename(ada.user, "Zoë Quist")
    author = bob.page.locator(f".message[data-author='{ada.user.id}'] .author")
    await expect(author).to_have_text(["Zoë Quist", "Zoë Quist"])
    await expect(author.first).to_have_attribute("data-face", "ZQ")
    await expect(bob.page.locator("#heading h1")).to_have_text("Zoë Quist")
    await expect(bob.page.locator("#heading")).to_have_attribute("data-face", "ZQ")
    await expect(bob.page.locator(f"#conversation-{id} a")).to_have_text("Zoë Quist")
    await bob.title_is("Zoë Quist")
    await expect(ada.page.locator(".account summary")).to_have_attribute("data-face", "ZQ")
    await expect(ada.page.locator("#heading h1")).to_have_text("Bob")
    faces = """() => [...document.querySelectorAll('[class*=tint]:not(.message *, #receipts *)')]
        .map(each => [each.className.match(/tint-./)[0], each.dataset.face])"""
    for screen in (ada, bob):
        shown = await screen.page.evaluate(faces)
        await screen.page.reload()
        await screen.page.wait_for_function(
            f"shown => JSON.stringify(({faces})()) === JSON.stringify(shown)", arg=shown
        )


@pytest.mark.parametrize("tier", ["ws", "sse", "poll"])
async def test_a_rename_that_was_missed_shows_when_the_page_is_live_again(
    people: People, tier: str
) -> None:
    ada, bob, _ = await people.pair(tier)
    await bob.say("Hello")
    await ada.shows("Hello")
    place = ada.page.locator("#conversation")
    before = await place.get_attribute("data-people")
    await ada.page.context.set_offline(True)
    await expect(ada.page.locator("#connection")).to_have_attribute("data-state", "offline")
    await users.rename(bob.user, "Zoë Quist")
    await bob.title_is("Ada")
    await ada.page.context.set_offline(False)
    await expect(ada.page.locator("#heading h1")).to_have_text("Zoë Quist")
    await expect(ada.page.locator(".message .author")).to_have_text("Zoë Quist")
    await ada.title_is("Zoë Quist")
    await expect(place).not_to_have_attribute("data-people", before or "")


async def test_the_head_of_a_group_follows_its_people(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    for name in ("cem", "dov"):
        await factories.make_user(name)
    id = await conversations.start(ada.user, ["bob", "cem", "dov"], "")
    await ada.chat(id)
    await bob.chat(id)
    await bob.say("Hello")
    line = ada.page.locator("#heading .line")
    await expect(line).to_have_text("4 people: Ada, Bob, Cem, Dov")
    await users.rename(bob.user, "Zoë")
    await expect(line).to_have_text("4 people: Ada, Cem, Dov, Zoë")
    session = await sessions.find(await factories.make_session(bob.user))
    assert session is not None
    await users.delete(session, PASSWORD)
    await expect(line).to_have_text("3 people: Ada, Cem, Dov")
    await expect(ada.page.locator("#heading h1")).to_have_text("Ada, Cem, Dov")
    await ada.title_is("Ada, Cem, Dov")
    await expect(ada.page.locator(f"#conversation-{id} a")).to_have_text("Ada, Cem, Dov")
    await expect(ada.page.locator(".message .author")).to_have_text(users.DELETED)
