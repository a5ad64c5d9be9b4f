"""Joining, one's account and finding people, as pages."""

import httpx
import pytest

import settings
from routes.access import COOKIE
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import PASSWORD, make_session, make_user
from tests.pages import attribute, errors, parsed, text_of


def values(html: str) -> dict[str, str]:
    """What the fields of a page's last form hold."""
    return {
        attribute(field, "name"): attribute(field, "value")
        for field in parsed(html).select("main input[name]")
    }


def people(html: str) -> list[str]:
    return [text_of(handle) for handle in parsed(html).select("#people .handle")]


async def test_signing_up_signs_in(site: Site) -> None:
    ada = await site.stranger()
    form = await ada.get("/signup/?next=/people/")
    assert form.status_code == 200
    assert values(form.text)["next"] == "/people/"
    joined = await ada.post(
        "/signup/", username="ada", name="Ada", password=PASSWORD, next="/people/"
    )
    assert (joined.status_code, joined.headers["location"]) == (303, "/people/")
    assert (await ada.get("/")).status_code == 200
    again = await ada.get("/signup/")
    assert (again.status_code, again.headers["location"]) == (303, "/")
    other = await site.stranger()
    await other.sign_in("ada", PASSWORD)


async def test_a_refused_form_comes_back_filled_in_without_the_password(site: Site) -> None:
    ada = await site.stranger()
    refused = await ada.post(
        "/signup/", username="A da", name='"Ada" & <b>', password="short", next="/people/"
    )
    assert refused.status_code == 422
    assert errors(refused.text) == {
        "username": "A username has 2 to 30 letters (a–z), digits, dots or underscores.",
        "password": "A password needs 8 to 128 characters. A few words work well.",
    }
    filled_in = values(refused.text)
    assert (filled_in["username"], filled_in["name"]) == ("A da", '"Ada" & <b>')
    assert (filled_in["password"], filled_in["next"]) == ("", "/people/")
    assert COOKIE not in ada.http.cookies


async def test_too_many_sign_ups_from_a_network_have_to_wait(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SIGNUPS_PER_HOUR", 2)

    async def sign_up(n: int, address: str) -> httpx.Response:
        fields = {"username": f"user{n}", "name": "Ada", "password": PASSWORD}
        stranger = await site.stranger()
        return await stranger.http.post(
            "/signup/", data=fields, headers={"X-Forwarded-For": address}
        )

    for n in range(2):
        assert (await sign_up(n, f"2001:db8::{n}")).status_code == 303
    refused = await sign_up(2, "2001:db8::ffff:2")
    assert refused.status_code == 429
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert errors(refused.text) == {
        "form": "Too many accounts were created. Try again in 60 minutes."
    }
    assert values(refused.text)["username"] == "user2"
    assert (await sign_up(3, "2001:db8:0:1::2")).status_code == 303


async def test_a_taken_username_is_an_error_at_its_field(site: Site) -> None:
    await make_user("ada")
    ada = await site.stranger()
    refused = await ada.post("/signup/", username="ada", name="Ada", password="another one")
    assert errors(refused.text) == {"username": "This username is taken."}


async def test_fields_that_are_missing_or_files_are_empty(site: Site) -> None:
    ada = await site.stranger()
    refused = await ada.http.post("/signup/", files={"username": b"ada", "name": b"Ada"})
    assert refused.status_code == 422
    assert set(errors(refused.text)) == {"username", "name", "password"}


async def test_the_name_is_changed(site: Site) -> None:
    [ada] = await site.people("ada")
    account = await ada.get("/account/")
    assert values(account.text)["name"] == "Ada"
    refused = await ada.post("/account/name/", name=" ")
    assert refused.status_code == 422
    assert errors(refused.text) == {"name": "Type your name."}
    saved = await ada.post("/account/name/", name="Countess")
    assert (saved.status_code, saved.headers["location"]) == (303, "/account/?saved=name")
    page = await ada.get("/account/?saved=name")
    assert values(page.text)["name"] == "Countess"
    assert parsed(page.text).select(".saved")
    assert not parsed((await ada.get("/account/?saved=nonsense")).text).select(".saved")


async def test_a_changed_password_signs_out_everywhere_else(site: Site) -> None:
    user = await make_user("ada")
    here, there = await site.visitor(user), await site.visitor(user)
    refused = await here.post("/account/password/", current="wrong one", password="another one")
    assert refused.status_code == 422
    assert errors(refused.text) == {"current": "This is not your current password."}
    refused = await here.post("/account/password/", current=PASSWORD, password="short")
    assert set(errors(refused.text)) == {"password"}
    saved = await here.post("/account/password/", current=PASSWORD, password="another one")
    assert saved.headers["location"] == "/account/?saved=password"
    assert (await here.get("/")).status_code == 200
    assert (await there.get("/")).status_code == 303
    await there.sign_in("ada", "another one")


async def test_deleting_an_account_requires_its_password(site: Site) -> None:
    user = await make_user("ada")
    ada = await site.visitor(user)
    refused = await ada.post("/account/delete/", delete="wrong one")
    assert refused.status_code == 422
    assert errors(refused.text) == {"delete": "This is not your current password."}
    gone = await ada.post("/account/delete/", delete=PASSWORD)
    assert (gone.status_code, gone.headers["location"]) == (303, "/login/")
    ada.http.cookies.clear()
    refused = await ada.post("/login/", username="ada", password=PASSWORD)
    assert refused.status_code == 422


async def test_people_are_searched_for(site: Site) -> None:
    [ada] = await site.people("ada")
    for username in ("bob", "bobby", "cem"):
        await make_user(username)
    page = await ada.get("/people/?q=bo")
    assert people(page.text) == ["bob", "bobby"]
    assert values(page.text)["q"] == "bo"
    [message, _] = parsed(page.text).select("#people form")
    assert attribute(message, "action") == "/chat/new/"
    assert attribute(message.find("input"), "value") == "bob"
    fragment = await ada.get("/people/?q=bo", HX_Request="true")
    assert people(fragment.text) == ["bob", "bobby"]
    assert "<html" not in fragment.text
    for q in ("b", "nobody", ""):
        assert people((await ada.get(f"/people/?q={q}")).text) == []


@pytest.mark.parametrize(
    "path", ["/account/", "/people/", "/people/?q=bo", "/chat/new/", "/chat/new/suggestions/", "/"]
)
async def test_a_stranger_is_led_to_the_sign_in_and_back(site: Site, path: str) -> None:
    stranger = await site.stranger()
    refused = await stranger.get(path)
    assert refused.status_code == 303
    await make_user("ada")
    form = await stranger.get(refused.headers["location"])
    back = await stranger.post(
        "/login/", username="ada", password=PASSWORD, next=values(form.text).get("next", "")
    )
    assert back.headers["location"] == path
    assert (await stranger.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["name", "password", "presence", "forwards", "sessions", "delete"])
async def test_an_account_is_changed_by_its_owner_only(site: Site, path: str) -> None:
    stranger = await site.stranger()
    refused = await stranger.post(f"/account/{path}/", name="Eve", current="", password="12345678")
    assert (refused.status_code, refused.headers["location"]) == (303, "/login/?next=/")


async def test_a_style_sheet_marks_ones_own_messages(site: Site) -> None:
    stranger: Visitor = await site.stranger()
    sheet = await stranger.get("/users/42/mine.css")
    assert sheet.headers["content-type"].startswith("text/css")
    assert "immutable" in sheet.headers["cache-control"]
    assert '[data-author="42"]' in sheet.text
    assert (await stranger.get("/users/x/mine.css")).status_code == 404


async def test_a_page_names_the_signed_in_user(site: Site) -> None:
    user = await make_user("ada", "Ada & Co")
    token = await make_session(user)
    ada = await site.stranger()
    ada.http.cookies.set(COOKIE, token)
    page = await ada.get("/account/")
    assert attribute(parsed(page.text).find("html"), "data-user") == str(user.id)
    assert token not in page.text
    assert "Ada &amp; Co" in page.text
