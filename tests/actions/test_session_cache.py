"""The session cache: no lookup for a cached session, and none outlives its end."""

from collections.abc import AsyncIterator

import pytest

import settings
from actions import session_cache, sessions
from db import sessions as stored
from db.sessions import Session
from live import hub, publication
from live.publication import RESYNC
from tests.factories import make_session, make_user

pytestmark = pytest.mark.usefixtures("live")


@pytest.fixture(autouse=True)
async def nothing_left() -> AsyncIterator[None]:
    yield
    session_cache.clear()
    assert not session_cache._cached
    assert not hub._subscribers


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that the database was asked for."""
    tokens: list[str] = []
    find = sessions.find

    async def counted(token: str) -> Session | None:
        tokens.append(token)
        return await find(token)

    monkeypatch.setattr(sessions, "find", counted)
    return tokens


@pytest.fixture
async def session(asked: list[str]) -> tuple[str, Session]:
    """A token and its session, which is known."""
    token = await make_session(await make_user())
    await session_cache.find(token)
    session = await session_cache.find(token)
    assert session
    assert asked == [token] * 2, "the second lookup subscribed to its end"
    asked.clear()
    return token, session


async def test_a_known_session_is_not_looked_up_again(
    session: tuple[str, Session], asked: list[str]
) -> None:
    token, expected = session
    assert [await session_cache.find(token) for _ in range(3)] == [expected] * 3
    assert asked == []


async def test_it_is_for_some_seconds_only(
    session: tuple[str, Session], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token, expected = session
    monkeypatch.setattr(settings, "HEARTBEAT", 0.0)
    assert [await session_cache.find(token) for _ in range(2)] == [expected] * 2
    assert asked == [token] * 2


async def test_it_is_kept_for_these_seconds_only(session: tuple[str, Session]) -> None:
    _, expected = session
    session_cache._cached[expected.token_hash].checked_at -= settings.HEARTBEAT
    other = await make_session(expected.user)
    assert await session_cache.find(other)
    assert list(session_cache._cached) == [sessions.token_hash(other)]


async def test_signing_out_drops_the_cached_session(session: tuple[str, Session]) -> None:
    token, expected = session
    await sessions.sign_out(expected)
    assert await session_cache.find(token) is None


@pytest.mark.parametrize("tells", ["that it is over", "that something may have been missed"])
async def test_a_sign_out_in_another_process_drops_the_cached_session(
    tells: str, session: tuple[str, Session]
) -> None:
    token, expected = session
    await stored.remove(expected.token_hash)
    assert await session_cache.find(token) == expected
    end = publication.session_end(expected.user.id, expected.token_hash)
    hub.deliver(end if tells == "that it is over" else RESYNC)
    assert await session_cache.find(token) is None


@pytest.mark.parametrize("times", [1, 2])
async def test_an_end_while_it_is_looked_up_is_not_missed(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await make_session(await make_user())
    find = sessions.find

    async def outlived(token: str) -> Session | None:
        """Read, and on its way while the session ends."""
        session = await find(token)
        if session and not times_left.pop():
            await sessions.sign_out(session)
        return session

    times_left = list(range(times))
    monkeypatch.setattr(sessions, "find", outlived)
    for _ in range(times):
        assert await session_cache.find(token)
    monkeypatch.setattr(sessions, "find", find)
    assert await session_cache.find(token) is None


async def test_an_unpublished_session_end_is_noticed_at_the_next_lookup(
    session: tuple[str, Session],
) -> None:
    token, expected = session
    await stored.remove(expected.token_hash)
    session_cache._cached[expected.token_hash].checked_at -= settings.HEARTBEAT
    assert await session_cache.find(token) is None
    assert not session_cache._cached


async def test_the_least_recently_used_sessions_are_dropped_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_cache, "CAPACITY", 2)
    ada = await make_user()
    first, idle, last = [await make_session(ada) for _ in range(3)]
    for token in (first, idle, first, first, last):
        assert await session_cache.find(token)
    assert list(session_cache._cached) == [sessions.token_hash(token) for token in (first, last)]
