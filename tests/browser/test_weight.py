"""What a page costs on the wire, with all that it loads, from an empty cache."""

from collections import defaultdict
from typing import Any

import pytest
from playwright.async_api import Page, expect

from actions import demo
from tests import factories
from tests.browser.people import People

KILOBYTE = 1024
SAID = [message["body"] for chat in demo.CONVERSATIONS for message in chat["messages"]]


@pytest.mark.parametrize(
    ("javascript", "at_most"), [(True, 46 * KILOBYTE), (False, 14 * KILOBYTE)], ids=["js", "plain"]
)
async def test_a_first_conversation_page_is_light(
    people: People, javascript: bool, at_most: int
) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob = await factories.make_user("bob", name="Bob Lindqvist")
    id = await factories.make_conversation([ada.user, bob])
    for n in range(50):
        await factories.make_message(bob if n % 3 else ada.user, id, SAID[n % len(SAID)])
    weights = await weighed(ada.page)
    await ada.chat(id)
    await expect(ada.messages).to_have_count(50)
    await ada.page.wait_for_load_state("networkidle")
    assert len(weights) > 2, weights
    assert sum(weights.values()) <= at_most, (sum(weights.values()), weights)


@pytest.mark.parametrize(
    ("path", "sheets"),
    [
        ("/login/", "parley pages"),
        ("/", "parley app welcome scripted"),
        ("/chat/{}/", "parley app chat scripted"),
        ("/chat/{}/log/", "parley chat"),
        ("/chat/{}/1/", "parley app pages chat scripted"),
        ("/people/", "parley app pages scripted"),
        ("/nothing", "parley app pages scripted"),
    ],
)
async def test_a_page_loads_only_the_style_sheets_that_it_needs(
    people: People, path: str, sheets: str
) -> None:
    ada = await (people.stranger() if path == "/login/" else people.join("ada"))
    id = 0
    if path != "/login/":
        id = await factories.make_conversation([ada.user])
        await factories.make_message(ada.user, id)
    await ada.go(path.format(id))
    links = ada.page.locator("link[rel=stylesheet]")
    addresses = await links.evaluate_all("all => all.map(link => link.href)")
    names = [address.rpartition("/")[2].removesuffix(".css") for address in addresses]
    assert [name for name in names if not name.startswith("mine.css")] == sheets.split()


async def weighed(page: Page) -> dict[str, int]:
    """The bytes of each answer from now on, with its head, as they come in."""
    network = await page.context.new_cdp_session(page)
    await network.send("Network.enable")
    addresses: dict[str, str] = {}
    weights: dict[str, int] = defaultdict(int)

    def answered(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def finished(event: dict[str, Any]) -> None:
        weights[addresses[event["requestId"]]] += event["encodedDataLength"]

    network.on("Network.responseReceived", answered)
    network.on("Network.loadingFinished", finished)
    return weights
