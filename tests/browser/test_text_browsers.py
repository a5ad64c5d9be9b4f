"""People with lynx and w3m sign up, read and write, by the keys that one presses there."""

from pathlib import Path

from playwright.async_api import expect

from tests import programs
from tests.applications import Site
from tests.browser.people import People
from tests.browser.screen import Screen
from tests.browser.terminal import Terminal

PASSWORD = "correct horse"


async def test_lynx(people: People, site: Site, tmp_path: Path) -> None:
    bob = await people.join("bob")
    command = programs.lynx(), "-accept_all_cookies", f"{site.url}/signup/"
    async with Terminal(*command, environment={"HOME": str(tmp_path)}) as lynx:
        await lynx.shows("Already here?")
        lynx.press(f"\t\tAda Lynx\tada\t{PASSWORD}\t\r")
        await lynx.shows("No conversations yet")
        await write_to_ada(bob)
        lynx.press("\x12")
        await lynx.shows("Hello Ada")
        lynx.press("/Bob\r\r")
        await lynx.shows("Second line")
        lynx.press("\t\r")  # Skip to writing
        await lynx.shows("(Textarea)")
        lynx.press("Hello from lynx\t\r")
        await lynx.shows("Hello from lynx")
        await bob.shows("Hello Ada\nSecond line", "Hello from lynx")


async def test_w3m(people: People, site: Site, tmp_path: Path) -> None:
    bob = await people.join("bob")
    text = tmp_path / "text"
    text.write_text("Hello from w3m\nin two lines\n")
    environment = {"HOME": str(tmp_path), "EDITOR": f"cp {text}"}
    command = programs.w3m(), "-cookie", f"{site.url}/signup/"
    async with Terminal(*command, environment=environment) as w3m:
        await w3m.shows("Viewing <Create your account")
        w3m.press(f"\t\t\rAda\r\t\rada\r\t\r{PASSWORD}\r\t\r")
        await w3m.shows("Viewing <Inbox")
        await write_to_ada(bob)
        w3m.press("R")
        await w3m.shows("Viewing <(1) Inbox")
        w3m.press("/Bob\r\r")
        await w3m.shows("Second line")
        w3m.press("\t\t\r")  # past the message's time, to the editor
        await w3m.shows("[ Hello from w3m")
        w3m.press("/Send\r\r")
        await w3m.shows("in two lines")
        await bob.shows("Hello Ada\nSecond line", "Hello from w3m\nin two lines")


async def write_to_ada(bob: Screen) -> None:
    await bob.go("/chat/new/?to=ada")
    await bob.press("Start conversation")
    await bob.is_live()
    await bob.say("Hello Ada\nSecond line")
    await expect(bob.page.locator(".message[data-position]")).to_have_count(1)
