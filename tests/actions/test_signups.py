"""How many may sign up."""

import asyncio

import pytest

import settings
from actions import signups, users
from actions.clock import now
from actions.errors import Invalid, TooMany
from db import users as stored
from tests.factories import PASSWORD

pytestmark = pytest.mark.usefixtures("live")


@pytest.fixture(autouse=True)
def three_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SIGNUPS_PER_HOUR", 3)
    monkeypatch.setattr(signups, "ADDRESSES", 2)


async def refusal(username: str, address: str) -> TooMany:
    with pytest.raises(TooMany) as refused:
        await users.join(username, "Ada", PASSWORD, address)
    assert await stored.get_by_username(username) is None
    return refused.value


async def test_an_address_signs_up_so_many_people_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    monkeypatch.setattr(signups, "now", lambda: moment)
    joining = [users.join(f"user{n}", "Ada", PASSWORD, "here") for n in range(3)]
    await asyncio.gather(*joining)
    refused = await refusal("user3", "here")
    assert refused.wait == 3600
    assert refused.errors == {"form": "Too many accounts were created. Try again in 60 minutes."}
    await users.join("user3", "Ada", PASSWORD, "there")
    moment += signups.HOUR
    await users.join("user4", "Ada", PASSWORD, "here")


async def test_all_addresses_together_have_a_limit_too() -> None:
    for n in range(6):
        await users.join(f"user{n}", "Ada", PASSWORD, f"address{n}")
    await refusal("user6", "another address")


async def test_what_is_not_valid_is_not_counted() -> None:
    for _ in range(4):
        with pytest.raises(Invalid) as refused:
            await users.join("ada", "Ada", "short", "here")
        assert not isinstance(refused.value, TooMany)
    await users.join("ada", "Ada", PASSWORD, "here")


async def test_none_are_counted_where_there_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SIGNUPS_PER_HOUR", 0)
    for n in range(7):
        await users.join(f"user{n}", "Ada", PASSWORD, "here")
