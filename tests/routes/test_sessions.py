"""Signing in and out, as pages."""

import pytest

from actions import sessions
from actions.clock import now
from actions.sessions import ATTEMPTS
from routes.access import COOKIE
from routes.sessions import same_site_path
from tests.applications import Site
from tests.factories import PASSWORD, make_session, make_user
from tests.pages import attribute, errors, parsed

HTTPS = {"X-Forwarded-Proto": "https"}


def cookie(header: str) -> dict[str, str]:
    """A Set-Cookie header as its attributes, with the cookie's own name under `name`."""
    first, *rest = header.split("; ")
    found = {key.lower(): value for key, _, value in (part.partition("=") for part in rest)}
    name, _, found["value"] = first.partition("=")
    return found | {"name": name}


async def test_signing_in_and_out(site: Site) -> None:
    await make_user("ada")
    ada = await site.stranger()
    signed_in = await ada.post("/login/", username=" Ada", password=PASSWORD)
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
    kept = cookie(signed_in.headers["set-cookie"])
    assert (await ada.get("/")).status_code == 200
    signed_out = await ada.post("/logout/")
    assert (signed_out.status_code, signed_out.headers["location"]) == (303, "/login/")
    assert signed_out.headers["clear-site-data"] == '"cache"'
    assert COOKIE not in ada.http.cookies
    ada.http.cookies.set(COOKIE, kept["value"])
    assert (await ada.get("/")).status_code == 303
    assert (await ada.post("/logout/")).status_code == 303


async def test_a_cookie_stays_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    await make_user("ada")
    ada = await site.stranger()
    signed_in = await ada.post("/login/", username="ada", password=PASSWORD)
    kept = cookie(signed_in.headers["set-cookie"])
    assert kept["name"] == COOKIE
    assert (kept["path"], kept["samesite"]) == ("/", "lax")
    assert "httponly" in kept
    assert "secure" not in kept
    assert "domain" not in kept


async def test_behind_https_the_cookie_says_so_in_its_name(site: Site) -> None:
    await make_user("ada")
    ada = await site.stranger()
    fields = {"username": "ada", "password": PASSWORD}
    signed_in = await ada.http.post("/login/", data=fields, headers=HTTPS)
    kept = cookie(signed_in.headers["set-cookie"])
    assert kept["name"] == "__Host-session"
    assert kept["path"] == "/"
    assert "secure" in kept
    assert "httponly" in kept
    assert "domain" not in kept
    own = {"Cookie": f"__Host-session={kept['value']}"} | HTTPS
    assert (await ada.http.get("/", headers=own)).status_code == 200
    plain = {"Cookie": f"{COOKIE}={kept['value']}"} | HTTPS
    assert (await ada.http.get("/", headers=plain)).status_code == 303
    out = await ada.http.post("/logout/", headers=own)
    assert cookie(out.headers["set-cookie"])["name"] == "__Host-session"
    assert "secure" in cookie(out.headers["set-cookie"])


async def test_a_planted_session_cookie_is_replaced(site: Site) -> None:
    await make_user("ada")
    ada = await site.stranger()
    ada.http.cookies.set(COOKIE, "planted")
    signed_in = await ada.post("/login/", username="ada", password=PASSWORD)
    assert cookie(signed_in.headers["set-cookie"])["value"] != "planted"


async def test_other_cookies_of_the_name_stand_in_nobodys_way(site: Site) -> None:
    user = await make_user("ada")
    token, visitor = await make_session(user), await site.stranger()
    chat = await (await site.visitor(user)).start("ada")
    for cookies in (
        f"{COOKIE}=old; {COOKIE}={token}",
        f'{COOKIE}={token}; {COOKIE}=new; session="; x',
        f"{COOKIE}=; {COOKIE}; =; {COOKIE}={token}",
    ):
        assert (await visitor.get("/", Cookie=cookies)).status_code == 200, cookies
        assert (await visitor.get(f"/poll/chat/{chat}/", Cookie=cookies)).status_code == 204
    assert (await visitor.get("/", Cookie=f"session={token}")).status_code == 303
    crowd = "; ".join(f"{COOKIE}={n}" for n in range(1000))
    assert (await visitor.get("/", Cookie=crowd)).status_code == 303


async def test_signing_out_ends_every_session_that_the_browser_has(site: Site) -> None:
    user = await make_user("ada")
    tokens = [await make_session(user) for _ in range(2)]
    visitor = await site.stranger()
    cookies = "; ".join(f"{COOKIE}={token}" for token in tokens)
    out = await visitor.http.post("/logout/", headers={"Cookie": cookies})
    assert out.status_code == 303
    assert (await visitor.get("/", Cookie=cookies)).status_code == 303


async def test_signing_in_again_ends_the_session_before(site: Site) -> None:
    user = await make_user("ada")
    ada = await site.visitor(user)
    before = ada.cookie
    await ada.sign_in("ada", PASSWORD)
    assert ada.cookie != before
    other = await site.stranger()
    assert (await other.get("/", Cookie=before)).status_code == 303


async def test_a_wrong_password_gets_the_form_again(site: Site) -> None:
    await make_user("ada")
    ada = await site.stranger()
    answers = [
        await ada.post("/login/", username=username, password="wrong one", next="/people/")
        for username in ("ada", "nobody")
    ]
    for answer, username in zip(answers, ("ada", "nobody"), strict=True):
        assert answer.status_code == 422
        assert errors(answer.text) == {"form": "Wrong username or password."}
        page = parsed(answer.text)
        assert attribute(page.find("input", {"name": "username"}), "value") == username
        assert attribute(page.find("input", {"name": "next"}), "value") == "/people/"
        assert "wrong one" not in answer.text
    assert answers[0].text.replace("ada", "") == answers[1].text.replace("nobody", "")


async def test_ten_wrong_passwords_block_sign_in_for_15_minutes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    monkeypatch.setattr(sessions, "now", lambda: moment)
    await make_user("ada")
    ada = await site.stranger()
    for _ in range(ATTEMPTS):
        assert (await ada.post("/login/", username="ada", password="no")).status_code == 422
    refused = await ada.post("/login/", username="ada", password=PASSWORD)
    assert refused.status_code == 429
    assert 890 < int(refused.headers["retry-after"]) <= 900
    assert errors(refused.text) == {"form": "Too many wrong passwords. Try again in 15 minutes."}
    spoofed = {"X-Forwarded-For": "192.0.2.7"}
    fields = {"username": "ada", "password": PASSWORD}
    believed = await ada.http.post("/login/", data=fields, headers=spoofed)
    assert believed.status_code == 303, "the proxy in front is believed; it alone can say that"


async def test_signing_in_redirects_to_the_requested_page(site: Site) -> None:
    await make_user("ada")
    ada = await site.stranger()
    next = "/chat/7/?at=3"
    signed_in = await ada.post("/login/", username="ada", password=PASSWORD, next=next)
    assert signed_in.headers["location"] == next
    again = await ada.http.get("/login/", params={"next": next})
    assert (again.status_code, again.headers["location"]) == (303, next)


@pytest.mark.parametrize("next", ["//evil.example", "/\\evil.example"])
async def test_signing_in_never_redirects_to_another_site(site: Site, next: str) -> None:
    await make_user("ada")
    ada, eve = await site.stranger(), await site.stranger()
    form = await ada.http.get("/login/", params={"next": next})
    assert "evil" not in form.text
    signed_in = await ada.post("/login/", username="ada", password=PASSWORD, next=next)
    assert signed_in.headers["location"] == "/"
    again = await ada.http.get("/login/", params={"next": next})
    assert again.headers["location"] == "/"
    joined = await eve.post("/signup/", username="eve", name="Eve", password=PASSWORD, next=next)
    assert joined.headers["location"] == "/"


@pytest.mark.parametrize("path", ["/", "/chat/7/?at=3", "/people/?q=ä&r=%C3%A4", "/x:y", "/a,b"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert same_site_path(path) == path


@pytest.mark.parametrize(
    "address",
    [
        "",
        "chat/7/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/chat\\..\\/evil.example",
        "https://evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/\r\nSet-Cookie: a=b",
        "\t//evil.example",
        " //evil.example",
        "/\x00",
        "/\u2028x",
        "?x",
        "#x",
    ],
)
def test_a_path_that_might_lead_to_another_site_becomes_the_inbox(address: str) -> None:
    assert same_site_path(address) == "/"


async def test_signing_out_everywhere(site: Site) -> None:
    user = await make_user("ada")
    here, there = await site.visitor(user), await site.visitor(user)
    out = await here.post("/account/sessions/")
    assert (out.status_code, out.headers["location"]) == (303, "/login/")
    assert (await there.get("/")).status_code == 303


async def test_signing_out_touches_no_other_session(site: Site) -> None:
    user = await make_user("ada")
    here, there = await site.visitor(user), await site.visitor(user)
    await here.sign_out()
    assert (await there.get("/")).status_code == 200
    assert await make_session(user)
