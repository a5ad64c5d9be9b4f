"""The rate limit of a user."""

import time

import pytest

from routes import rate_limit
from routes.rate_limit import BURST, RATE, Allowance, RateLimited, TokenBucket
from tests.applications import Site
from tests.factories import make_user


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
    allowance = Allowance(RATE, BURST)
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
    allowance = Allowance(RATE, BURST)
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
    monkeypatch.setattr(rate_limit, allowance, Allowance(1 / 60, 1))
    ada, bob = await site.people("ada", "bob")
    for visitor in (ada, bob):
        allowed = await visitor.http.request(method, path, data=fields)
        assert allowed.status_code in (200, 303)
    refused = await ada.http.request(method, path, data=fields)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 1
