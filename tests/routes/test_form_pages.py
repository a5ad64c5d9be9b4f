"""The address of a form, entered or reloaded after it was refused, leads to the form's page."""

import pytest

from tests.applications import Site
from tests.factories import new_id

ACCOUNT = ["name", "presence", "forwards", "password", "sessions", "delete"]
CHAT = {
    "messages/": "",
    "typing/": "",
    "read/": "",
    "people/remove/": "people/",
    "leave/": "people/",
    "draft/": "",
}
SCHEDULED = f"/scheduled/{new_id()}/"


async def test_the_address_of_a_form_leads_to_its_page(site: Site) -> None:
    [ada] = await site.people("ada")
    chat = f"/chat/{await ada.start('ada')}/"
    pages = {
        "/logout/": "/",
        **{f"/account/{form}/": "/account/" for form in ACCOUNT},
        **dict.fromkeys((f"{SCHEDULED}send/", f"{SCHEDULED}cancel/"), "/scheduled/"),
        "/scheduled/drafts/": "/scheduled/",
        **{chat + form: chat + page for form, page in CHAT.items()},
    }
    for address, page in pages.items():
        answer = await ada.get(address)
        assert (answer.status_code, answer.headers["location"]) == (303, page), address
        assert (await ada.get(page)).status_code == 200


async def test_it_says_nothing_to_outsiders(site: Site) -> None:
    ada, eve = await site.people("ada", "eve")
    chat = f"/chat/{await ada.start('ada')}/"
    for form in CHAT:
        assert (await eve.get(chat + form)).status_code == 404


@pytest.mark.parametrize("address", ["/account/name/", "/logout/", "/chat/7/leave/"])
async def test_signed_out_it_leads_to_the_sign_in(site: Site, address: str) -> None:
    answer = await (await site.stranger()).get(address)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login/")
