"""What is not for one's eyes: after signing out, behind Back, others'; and no text is a script."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Error, async_playwright, expect

from db import sessions
from tests import factories, programs
from tests.applications import Site
from tests.browser.conftest import OPTIONS
from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.browser.people import People
from tests.browser.screen import Screen

SECRET = "Meet me at the harbour"

RESTORED = """addEventListener('pageshow', event => {
    if (event.persisted) sessionStorage.restored = document.documentElement.checkVisibility()
})"""
"""Note whether anything is seen of a page that the back-forward cache restores."""

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    "</textarea></template></title><script>alert(1)</script>",
    "<b hx-get=/logout/ hx-trigger=load data-hx-get=/ data-hx-trigger=load>b</b>",
    "<hx-partial hx-target='#messages' hx-swap='innerHTML'>gone</hx-partial>",
    "<hx-cursor revision=999999></hx-cursor><meta http-equiv=refresh content='0;url=/'>",
    "javascript:alert(1) data:text/html,<script>alert(1)</script>",
    'https://example.org/"onmouseover=alert(1)//<style>*{display:none}</style>',
    "{{ 7*7 }}{% raw %}${alert(1)}",
    "\u202e<a href=javascript:alert(1)>tap</a>",
]


@pytest_asyncio.fixture(loop_scope="session")
async def remembering(site: Site) -> AsyncIterator[People]:
    """Visitors whose browser has the back-forward cache, which Playwright usually leaves out, and
    only the whole Chromium has."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=programs.chromium(),
            channel="chromium",
            args=OPTIONS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        async with People(chromium, site.url) as people:
            yield people
        await chromium.close()


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_after_signing_out_back_shows_nothing(
    people: People, remembering: People, javascript: bool
) -> None:
    for username, visitors in (("ada", people), ("bob", remembering)):
        screen = await reader(visitors, username, javascript)
        await screen.sign_out()
        await expect(screen.page).to_have_url(f"{people.url}/login/")
        await back(screen)
        await expect(screen.page).to_have_url(re.compile("next="))
        await screen.title_is("Sign in")
        await expect(screen.page.get_by_text(SECRET)).to_have_count(0)


async def test_what_the_cache_restores_stays_hidden_until_the_server_was_asked(
    remembering: People,
) -> None:
    ada = await remembering.join("ada")
    await ada.page.add_init_script(RESTORED)
    await ada.go("/account/", "?live=off")  # a page with a socket is not kept
    await ada.press("People")
    await ada.title_is("People")
    await sessions.remove_all(ada.user.id)  # as signing out elsewhere does
    await back(ada)
    await ada.title_is("Sign in")
    assert await ada.page.evaluate("sessionStorage.restored") == "false"


async def back(screen: Screen) -> None:
    """Playwright's own waits for a load, and nothing is loaded here. The page may be gone before it
    has answered, which is an error, and all that was asked of it."""
    with suppress(Error):
        await screen.page.evaluate("history.back()")


async def test_signing_out_ends_every_tab(people: People) -> None:
    ada = await reader(people, "ada", javascript=True)
    id = ada.conversation_id
    others = [await ada.another_tab() for _ in range(3)]
    for tab, tier in zip(others, ("ws", "sse", "poll"), strict=True):
        await tab.chat(id, tier)
    await ada.sign_out()
    await expect(ada.page).to_have_url(f"{people.url}/login/")
    for tab in others:
        await tab.title_is("Sign in")
        await expect(tab.page).to_have_url(f"{people.url}/login/?next=%2Fchat%2F{id}%2F")


async def test_signing_out_leaves_no_words_behind(people: People) -> None:
    ada = await reader(people, "ada", javascript=True)
    second = await ada.another_tab()
    await second.chat(ada.conversation_id)
    await second.composer.fill("one")
    await expect(ada.composer).to_have_value("one")
    await ada.composer.fill("two")
    await ada.sign_out()
    for tab in (ada, second):
        await tab.title_is("Sign in")
        kept = await tab.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert "one" not in kept
        assert "two" not in kept


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_a_tab_of_the_previous_user_sends_nothing_as_the_next(
    travellers: People, proxy: FaultyProxy, javascript: bool
) -> None:
    ada, bob = await travellers.join("ada", javascript=javascript), await travellers.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await ada.chat(id)
    second = await ada.another_tab()
    await second.go("/")
    proxy.faults = {"GET /(ws|sse|poll)/chat/": Fault.CUT}  # the old tab sleeps, as it were
    await proxy.cut()
    await second.sign_out()
    await second.title_is("Sign in")
    await second.fill(username="bob", password=factories.PASSWORD)
    await second.press("Sign in")
    await second.title_is("Inbox")
    await ada.say("From Ada")
    await expect(ada.page.get_by_text("now signed in as someone else")).to_be_visible()
    if javascript:
        await expect(ada.page.locator(".failed .body")).to_have_text(["From Ada"])
        proxy.faults = {}
    else:
        await expect(ada.page.get_by_label("Your message was not sent")).to_have_value("From Ada")
        await ada.press("Reload the conversation as Bob")
    await expect(ada.page.locator(f"[data-user='{bob.user.id}'] #messages")).to_be_attached()
    await ada.shows()


async def test_to_an_outsider_a_conversation_is_a_page_that_is_not_there(people: People) -> None:
    ada = await reader(people, "ada", javascript=True)
    eve = await people.join("eve")
    response = await eve.go(ada.conversation_id)
    assert response.status == 404
    seen = await eve.page.inner_text("main")
    assert (await eve.go(4711)).status == 404
    assert await eve.page.inner_text("main") == seen


@pytest.mark.parametrize("tier", ["ws", "sse", "poll", "off"])
async def test_what_people_write_is_never_a_script(people: People, tier: str) -> None:
    ada = await people.sign_in(await factories.make_user("ada", name=PAYLOADS[1]))
    bob = await people.sign_in(await factories.make_user("bob", name=PAYLOADS[5]))
    id = await factories.make_conversation([ada.user, bob.user], title=PAYLOADS[4])
    await ada.chat(id, tier) if tier != "off" else await ada.go(id, "?live=off")
    await bob.chat(id)
    await bob.composer.press_sequentially("x")
    for n, payload in enumerate(PAYLOADS):
        await (ada if n % 2 else bob).say(payload)
        if n % 2:
            await expect(ada.composer).to_have_value("")
    for screen in (ada, bob):
        if screen is ada and tier == "off":
            await ada.page.reload()
        bodies = screen.page.locator("#messages > [data-position] .body")
        await expect(bodies).to_have_count(len(PAYLOADS))
        assert sorted(await bodies.all_text_contents()) == sorted(PAYLOADS)
        await is_only_text(screen)
        await screen.go("/")
        await is_only_text(screen)


async def test_what_comes_by_an_address_or_a_form_is_never_a_script(people: People) -> None:
    ada = await people.sign_in(await factories.make_user("ada", name=PAYLOADS[2]))
    id = await factories.make_conversation([ada.user], title=PAYLOADS[0])
    all_of_them = " ".join(PAYLOADS)
    for path in (
        "/people/?q=",
        "/search/?q=",
        "/chat/new/?title=&to=",
        "/chat/new/?q=",
        "/chat/new/?to=ada&title=",
        "/",
    ):
        await ada.go(path + quote(all_of_them))
        await is_only_text(ada)
    for parameter in ("at", "before", "live", "refresh"):
        await ada.go(id, f"?{parameter}={quote(all_of_them)}")
        await is_only_text(ada)
    await ada.go("/chat/new/")
    await ada.fill(q=all_of_them)
    await is_refused(ada, "Start conversation", title=all_of_them)
    await ada.go("/account/")
    await is_refused(ada, "Save name", name=all_of_them)
    stranger = await people.stranger()
    for path in ("/login/?next=", "/login/?next=/", "/signup/?next="):
        await stranger.go(path + quote(all_of_them))
        await is_only_text(stranger)
    await is_refused(stranger, "Create account", name=all_of_them, username=all_of_them)
    await stranger.go("/login/")
    await is_refused(stranger, "Sign in", username=all_of_them)


async def test_no_page_breaks_its_own_policy_in_normal_use(people: People) -> None:
    ada, bob, id = await people.pair()
    group = await factories.make_conversation([ada.user, bob.user], title="Sailing")
    paths = ["/", "/people/?q=bo", "/chat/new/?to=bo", "/account/", "/nothing"]
    paths += [f"/chat/{id}/", f"/chat/{id}/?refresh=60", f"/chat/{group}/people/"]
    for path in paths:
        await ada.go(path)
        await expect(ada.page.locator(":root")).to_have_class("js")
        assert ada.page.url.endswith(path)
    assert not people.trouble
    image = "<img src=/nothing onerror=alert(1)>"
    async with ada.page.expect_console_message(lambda message: "policy" in message.text.lower()):
        await ada.page.evaluate("html => document.body.insertAdjacentHTML('afterend', html)", image)
    assert people.trouble, "nobody would have noticed"
    people.trouble.clear()


async def is_refused(screen: Screen, button: str, **fields: str) -> None:
    """The form comes back, with what was written into it."""
    for password in await screen.page.locator("[type=password]").all():
        await password.fill("short")
    await screen.fill(**fields)
    await screen.press(button)
    await expect(screen.page.get_by_role("alert")).to_be_visible()
    for field, value in fields.items():
        await expect(screen.page.locator(f"[name={field}]")).to_have_value(value)
    await is_only_text(screen)


async def is_only_text(screen: Screen) -> None:
    """Nothing that the payloads would make is an element here; `People` sees to the rest."""
    made = "img, svg, b[hx-get], meta[http-equiv], style, script:not([src], #pending), hx-cursor"
    await expect(screen.page.locator(made)).to_have_count(0)
    hrefs = await screen.page.eval_on_selector_all("a", "links => links.map(a => a.protocol)")
    assert set(hrefs) <= {"http:", "https:"}, hrefs


async def reader(people: People, username: str, javascript: bool) -> Screen:
    """Somebody who reads a secret."""
    screen = await people.join(username, javascript=javascript)
    id = await factories.make_conversation([screen.user])
    await factories.make_message(screen.user, id, SECRET)
    await screen.chat(id)
    await screen.shows(SECRET)
    return screen
