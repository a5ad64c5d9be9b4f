"""Sessions that are not looked up for each message: their end is published to every process."""

import time
from collections import OrderedDict

import settings
from actions import sessions
from db.sessions import Session
from live import hub, publication
from live.delivery import Delivery

CAPACITY = 1_000

_cached: OrderedDict[str, "CachedSession"] = OrderedDict()
"""By the hashes of their tokens, the one that was checked last at the end."""


class CachedSession:
    """A session that was open when it was last checked, and whose end has not been published."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.checked_at = time.monotonic()
        self.is_confirmed = False  # it may have ended after the check and before it was subscribed

    def put(self, delivery: Delivery) -> None:
        """It may have ended, or a publication may have been missed."""
        self.evict()

    def evict(self) -> None:
        hub.leave(self, publication.rights(self.session.user.id))
        _cached.pop(self.session.token_hash, None)


async def find(token: str) -> Session | None:
    """The session that a token opens, or None where it has ended, as `sessions.find` says or has
    said in the last `settings.HEARTBEAT` seconds.

    What ends a session in this process ends it here at once; in another one as soon as that, or
    `RESYNC`, is delivered. Where neither comes, within the heartbeat, like a socket.
    """
    evict_expired()
    cached = _cached.get(sessions.token_hash(token))
    if cached is not None and cached.is_confirmed:
        return cached.session
    session = await sessions.find(token)
    if session is not None:
        keep(session, cached)
    elif cached is not None:
        cached.evict()
    return session


def evict_expired() -> None:
    until = time.monotonic() - settings.HEARTBEAT
    while _cached and (oldest := next(iter(_cached.values()))).checked_at <= until:
        oldest.evict()


def keep(session: Session, cached: CachedSession | None) -> None:
    """Cache a session. One that was cached before the check and still is has not ended."""
    if cached is not None and _cached.get(session.token_hash) is cached:
        cached.session, cached.checked_at, cached.is_confirmed = session, time.monotonic(), True
        _cached.move_to_end(session.token_hash)
    elif session.token_hash not in _cached:
        new = _cached[session.token_hash] = CachedSession(session)
        hub.join(new, publication.rights(session.user.id))
        if len(_cached) > CAPACITY:
            next(iter(_cached.values())).evict()


def clear() -> None:
    for cached in list(_cached.values()):
        cached.evict()
