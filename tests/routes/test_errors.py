"""What people see when something is refused, away or broken."""

import httpx
import pytest
import websockets

from routes import conversations
from tests.applications import Site, database_away
from tests.factories import PASSWORD, make_user
from tests.pages import parsed, text_of


def heading(response: httpx.Response) -> str:
    return text_of(parsed(response.text).find("h1"))


async def test_an_internal_error_reveals_no_details(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret of the inside")

    [ada] = await site.people("ada")
    monkeypatch.setattr(conversations, "load_shown_inbox", broken)
    answer = await ada.get("/")
    assert answer.status_code == 500
    assert heading(answer) == "Something went wrong"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_an_unavailable_database_is_reported_by_every_route(site: Site) -> None:
    ada = await site.visitor(await make_user("ada"))
    chat = await ada.start("ada")
    with database_away():
        for path in (
            "/",
            f"/chat/{chat}/",
            f"/poll/chat/{chat}/",
            f"/sse/chat/{chat}/",
            "/people/",
        ):
            answer = await ada.get(path)
            assert answer.status_code == 503
            assert heading(answer) == "Parley cannot answer right now"
            assert answer.headers["retry-after"] == "2"
            assert answer.headers["cache-control"] == "no-store"
        for path in ("/login/", "/signup/"):
            refused = await ada.post(path, username="ada", name="Ada", password=PASSWORD)
            assert refused.status_code == 503
        with pytest.raises(websockets.InvalidStatus) as refusal:
            async with ada.connect(f"/ws/chat/{chat}/"):
                pass
        assert refusal.value.response.status_code == 503
        assert (await ada.get("/nothing/")).status_code == 404
        assert (await ada.get("/up")).status_code == 503
    assert (await ada.get("/")).status_code == 200
    assert (await ada.get("/up")).status_code == 200


async def test_an_unavailable_database_signs_no_user_out(site: Site) -> None:
    """A database that is away says nothing about a session."""
    ada = await site.visitor(await make_user("ada"))
    with database_away():
        assert (await ada.get("/account/")).status_code == 503
        assert (await ada.post("/logout/")).status_code == 503
    assert (await ada.get("/account/")).status_code == 200


async def test_programs_get_a_status_and_people_a_redirect(site: Site) -> None:
    stranger = await site.stranger()
    assert (await stranger.get("/", HX_Request="true")).status_code == 401
    page = await stranger.get("/chat/7/?at=3&x=ä")
    assert page.status_code == 303
    assert page.headers["location"] == "/login/?next=/chat/7/%3Fat%3D3%26x%3D%25C3%25A4"


async def test_an_unsupported_method_gets_a_405_page(site: Site) -> None:
    [ada] = await site.people("ada")
    answer = await ada.http.put("/")
    assert answer.status_code == 405
    assert heading(answer) == "Not possible"
