"""The rate limit of a user."""

import time

import pytest

from routes import rate_limit
from routes.rate_limit import BURST, RATE, RateLimited, TokenBucket
from tests.factories import make_user


def test_an_allowance_grows_back(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    rate_limit = TokenBucket()
    assert [rate_limit.take() for _ in range(BURST + 1)].count(True) == 60
    moment += 0.5
    assert [rate_limit.take() for _ in range(20)].count(True) == RATE // 2
    moment += 3600
    assert [rate_limit.take() for _ in range(100)].count(True) == BURST


@pytest.mark.usefixtures("database")
async def test_only_recent_users_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    monkeypatch.setattr(rate_limit, "_buckets", {})
    ada, bob, cem = [await make_user() for _ in range(3)]
    for user in (ada, bob, ada):
        rate_limit.charge(user)
    moment += BURST / RATE - 0.01
    rate_limit.charge(bob)
    assert list(rate_limit._buckets) == [ada.id, bob.id]
    moment += 0.02
    rate_limit.charge(cem)
    assert list(rate_limit._buckets) == [bob.id, cem.id]


@pytest.mark.usefixtures("database")
async def test_a_user_who_keeps_posting_too_fast_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(rate_limit, "_buckets", {})
    ada, bob = await make_user(), await make_user()
    for _ in range(BURST):
        rate_limit.charge(ada)
    rate_limit.charge(bob)
    with pytest.raises(RateLimited):
        rate_limit.charge(ada)
