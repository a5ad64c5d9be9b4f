"""The rate limit of a user."""

import time

import pytest

from routes import rate_limit
from routes.rate_limit import BURST, RATE, Allowance, RateLimited, TokenBucket
from tests.applications import Site
from tests.factories import make_user
from tests.pages import attribute, parsed, text_of


def test_an_allowance_grows_back(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    bucket = TokenBucket(RATE, BURST)
    assert [bucket.take() for _ in range(BURST + 1)].count(True) == 60
    moment += 0.5
    assert [bucket.take() for _ in range(20)].count(True) == RATE // 2
    moment += 3600
    assert [bucket.take() for _ in range(100)].count(True) == BURST


@pytest.mark.usefixtures("database")
async def test_only_recent_users_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    allowance = Allowance(RATE, BURST, "")
    ada, bob, cem = [await make_user() for _ in range(3)]
    for user in (ada, bob, ada):
        allowance.charge(user)
    moment += BURST / RATE - 0.01
    allowance.charge(bob)
    assert list(allowance._buckets) == [ada.id, bob.id]
    moment += 0.02
    allowance.charge(cem)
    assert list(allowance._buckets) == [bob.id, cem.id]


@pytest.mark.usefixtures("database")
async def test_a_user_who_keeps_posting_too_fast_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    allowance = Allowance(RATE, BURST, "")
    ada, bob = await make_user(), await make_user()
    for _ in range(BURST):
        allowance.charge(ada)
    allowance.charge(bob)
    with pytest.raises(RateLimited):
        allowance.charge(ada)


@pytest.mark.parametrize(
    ("allowance", "method", "path", "fields"),
    [
        ("new_conversations", "POST", "/chat/new/", {"to": "ada"}),
        ("renames", "POST", "/account/name/", {"name": "Ada Two"}),
        ("searches", "GET", "/people/?q=bob", {}),
        ("searches", "GET", "/search/?q=bob", {}),
        ("searches", "GET", "/chat/new/suggestions/?q=bob", {}),
    ],
)
async def test_what_costs_much_has_an_allowance_of_its_own(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    allowance: str,
    method: str,
    path: str,
    fields: dict[str, str],
) -> None:
    monkeypatch.setattr(rate_limit, allowance, Allowance(1 / 60, 1, "Very often."))
    ada, bob = await site.people("ada", "bob")
    for visitor in (ada, bob):
        allowed = await visitor.http.request(method, path, data=fields)
        assert allowed.status_code in (200, 303)
    refused = await ada.http.request(method, path, data=fields)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 1
    assert "Very often. Try again in " in refused.text


async def test_a_new_conversation_that_is_one_too_many_gives_the_filled_form_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "new_conversations", Allowance(1 / 60, 1, "Very many."))
    ada, _, cem = await site.people("ada", "bob", "cem")
    await ada.start("bob")
    refused = await ada.post("/chat/new/", to=["bob", "cem"], q="nobody", title="Plans <1>")
    page = parsed(refused.text)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert text_of(page.find("div", role="alert")).strip() == "Very many. Try again in 1 minute."
    chosen = [attribute(box, "value") for box in page.find_all("input", checked=True)]
    assert chosen == ["bob", "cem"]
    assert attribute(page.find("input", id="to"), "value") == "nobody"
    assert attribute(page.find("input", id="title"), "value") == "Plans <1>"
    assert await cem.start("bob"), "others may"


async def test_names_that_are_looked_up_too_often_stay_in_the_form(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "searches", Allowance(1 / 60, 1, "Very often."))
    ada, _, _ = await site.people("ada", "bob", "cem")
    await ada.start("bob")
    address = "/chat/new/?to=bob&q=cem&title=Plans"
    assert (await ada.get(address)).status_code == 200
    refused = await ada.get(address)
    page = parsed(refused.text)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert text_of(page.find("div", role="alert")).strip() == "Very often. Try again in 1 minute."
    assert attribute(page.find("input", id="to"), "value") == "cem"
    assert attribute(page.find("input", id="title"), "value") == "Plans"
    assert "Nobody by that name" not in refused.text
    unknown = await ada.post("/chat/new/", to="dan", title="Plans")
    assert unknown.status_code == 422
    assert "Nobody here is called dan." in unknown.text


async def test_a_rename_that_is_one_too_many_gives_the_account_page_with_the_name(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "renames", Allowance(1 / 60, 1, "Very often."))
    [ada] = await site.people("ada")
    assert (await ada.post("/account/name/", name="Ada One")).status_code == 303
    refused = await ada.post("/account/name/", name="Ada Two")
    page = parsed(refused.text)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert text_of(page.find("div", role="alert")).strip() == "Very often. Try again in 1 minute."
    assert attribute(page.find("input", id="name"), "value") == "Ada Two"
    assert "Ada One" in (await ada.get("/account/")).text
