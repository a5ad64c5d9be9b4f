"""How much somebody may do at once."""

import time

import pytest

from routes import allowance
from routes.allowance import A_SECOND, AT_ONCE, Allowance, TooFast
from tests.factories import make_user


def test_an_allowance_grows_back(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    allowance = Allowance()
    assert [allowance.take() for _ in range(AT_ONCE + 1)].count(True) == 60
    moment += 0.5
    assert [allowance.take() for _ in range(20)].count(True) == A_SECOND // 2
    moment += 3600
    assert [allowance.take() for _ in range(100)].count(True) == AT_ONCE


@pytest.mark.usefixtures("database")
async def test_only_who_posted_in_the_last_seconds_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    monkeypatch.setattr(allowance, "_allowances", {})
    ada, bob, cem = [await make_user() for _ in range(3)]
    for user in (ada, bob, ada):
        allowance.spend(user)
    moment += AT_ONCE / A_SECOND - 0.01
    allowance.spend(bob)
    assert list(allowance._allowances) == [ada.id, bob.id]
    moment += 0.02
    allowance.spend(cem)
    assert list(allowance._allowances) == [bob.id, cem.id]


@pytest.mark.usefixtures("database")
async def test_who_goes_on_being_too_fast_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(allowance, "_allowances", {})
    ada, bob = await make_user(), await make_user()
    for _ in range(AT_ONCE):
        allowance.spend(ada)
    allowance.spend(bob)
    with pytest.raises(TooFast):
        allowance.spend(ada)
