"""Sessions that are not looked up for each message: everybody is told of their end."""

import time
from collections import OrderedDict

import settings
from actions import sessions
from db.sessions import Session
from live import hub, publication
from live.delivery import Delivery

AT_MOST = 1_000

_known: OrderedDict[str, "Known"] = OrderedDict()
"""By the hashes of their tokens, the one that was looked up last at the end."""


class Known:
    """A session that was open when it was last looked up, and has not been told to have ended."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.looked_up_at = time.monotonic()
        self.is_sure = False  # what was looked up before anybody listened may be over already

    def put(self, delivery: Delivery) -> None:
        """It may be over, or what is published may have been missed."""
        self.forget()

    def forget(self) -> None:
        hub.leave(self, publication.rights(self.session.user.id))
        _known.pop(self.session.token_hash, None)


async def find(token: str) -> Session | None:
    """The session that a token opens, or None where it is over, as `sessions.find` says or has
    said in the last `settings.HEARTBEAT` seconds.

    What ends a session in this process ends it here at once; in another one as soon as that is
    delivered, or everybody is told to re-read. Where neither comes, as late as for a socket.
    """
    forget_old()
    known = _known.get(sessions.token_hash(token))
    if known is not None and known.is_sure:
        return known.session
    session = await sessions.find(token)
    if session is not None:
        remember(session, known)
    elif known is not None:
        known.forget()
    return session


def forget_old() -> None:
    until = time.monotonic() - settings.HEARTBEAT
    while _known and (oldest := next(iter(_known.values()))).looked_up_at <= until:
        oldest.forget()


def remember(session: Session, known: Known | None) -> None:
    """Keep a session that was looked up while it was `known`: if it still is, it is open."""
    if known is not None and _known.get(session.token_hash) is known:
        known.session, known.looked_up_at, known.is_sure = session, time.monotonic(), True
        _known.move_to_end(session.token_hash)
    elif session.token_hash not in _known:
        new = _known[session.token_hash] = Known(session)
        hub.join(new, publication.rights(session.user.id))
        if len(_known) > AT_MOST:
            next(iter(_known.values())).forget()


def forget_all() -> None:
    for known in list(_known.values()):
        known.forget()
