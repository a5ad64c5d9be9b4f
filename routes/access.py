"""The only doors: each returns the object that a request is about, or ends the request."""

from typing import NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from actions import sessions
from actions.batching import Batcher
from db import conversations, messages
from db.conversations import Conversation
from db.messages import Message
from db.sessions import Session
from db.users import User

SECURE_COOKIE = "__Host-session"
COOKIE = "parley_session"
"""Over http, where all that is served at a host shares its cookies, whatever the port."""

TOKENS = 20
"""Tokens of a request that are tried: another site may have set further cookies of that name."""

LOOKUP_LIMIT = 500
"""Connections that are looked up together, when many come back at once."""


class SignedOut(Exception):
    """The request needs a session and has none, or one that has ended."""


class WrongUser(SignedOut):
    """The page was made for another user than the one who is signed in at this browser now."""


async def current_user(connection: HTTPConnection) -> User:
    """The user of the request's session. Raises `SignedOut`."""
    return (await current_session(connection)).user


async def current_session(connection: HTTPConnection, expected_user_id: str = "") -> Session:
    """The session of a request. Raises `SignedOut`; `WrongUser` where the page says by
    `expected_user_id` whom it was made for, and that is another user."""
    session = await find_session(connection)
    if session is None:
        raise SignedOut
    if expected_user_id and expected_user_id != str(session.user.id):
        raise WrongUser
    return session


async def find_session(connection: HTTPConnection) -> Session | None:
    """The session of a request, if it has one: the first that its cookies open. Looked up once a
    request."""
    if not hasattr(connection.state, "session"):
        connection.state.session = next(iter(await find_sessions(connection)), None)
    found: Session | None = connection.state.session
    return found


async def find_sessions(connection: HTTPConnection) -> list[Session]:
    """All the sessions that the cookies of a request open."""
    tokens = tokens_of(connection)
    found = await sessions.find_all(tokens) if tokens else {}
    return [found[token] for token in tokens if token in found]


def tokens_of(connection: HTTPConnection) -> tuple[str, ...]:
    # Some servers don't say whether a WebSocket came over TLS; that cookie only ever does.
    names = dict.fromkeys([SECURE_COOKIE, cookie_name(connection)])
    cookies = [
        cookie.strip().partition("=")
        for header in connection.headers.getlist("cookie")
        for cookie in header.split(";")
    ]
    tokens = [token for wanted in names for name, _, token in cookies if name == wanted and token]
    return tuple(dict.fromkeys(tokens))[:TOKENS]


async def current_conversation(connection: HTTPConnection) -> Conversation:
    """The conversation in the path, for a participant. 404 for everybody else."""
    return await find_conversation(connection) or not_found()


async def find_conversation(connection: HTTPConnection) -> Conversation | None:
    """The same; None for a signed-in outsider."""
    user = await current_user(connection)
    return await conversations.get(connection.path_params["conversation_id"], user.id)


async def current_message(connection: HTTPConnection, conversation: Conversation) -> Message:
    """The message at the position in the path. 404 where there is none."""
    return await messages.get(conversation.id, connection.path_params["position"]) or not_found()


async def session_and_conversation(
    connection: HTTPConnection, expected_user_id: str
) -> tuple[Session, Conversation | None]:
    """The session, and the conversation in the path if there is one, in one query for all that
    connect at this moment. Raises as `current_session` does; 404 for outsiders."""
    conversation_id = connection.path_params.get("conversation_id")
    tokens = tokens_of(connection)
    session = conversation = None
    if tokens:
        session, conversation = await lookups.submit((tokens, conversation_id))
    connection.state.session = session
    session = await current_session(connection, expected_user_id)
    return session, not_found() if conversation is None and conversation_id else conversation


async def look_up(
    batch: list[tuple[tuple[str, ...], int | None]],
) -> list[tuple[Session | None, Conversation | None]]:
    found = await sessions.find_all({token for tokens, _ in batch for token in tokens})
    opened = [next((found[each] for each in tokens if each in found), None) for tokens, _ in batch]
    wanted = [(session, id) for session, (_, id) in zip(opened, batch, strict=True)]
    places = {(id, session.user.id) for session, id in wanted if session and id}
    seen = await conversations.list_seen(places) if places else {}
    return [
        (session, seen.get((id or 0, session.user.id)) if session else None)
        for session, id in wanted
    ]


lookups = Batcher(look_up, LOOKUP_LIMIT)


def not_found() -> NoReturn:
    raise HTTPException(404)


def open_session(connection: HTTPConnection, response: Response, token: str) -> None:
    """Let the browser keep a session's token, out of reach of scripts and of other sites."""
    response.set_cookie(
        cookie_name(connection),
        token,
        max_age=sessions.AGE_AT_MOST // 1000,
        secure=is_secure(connection),
        httponly=True,
        samesite="lax",
    )


def close_session(connection: HTTPConnection, response: Response) -> None:
    response.delete_cookie(
        cookie_name(connection), secure=is_secure(connection), httponly=True, samesite="lax"
    )


def cookie_name(connection: HTTPConnection) -> str:
    """Over https with the prefix that keeps others from setting it (RFC 6265bis, 4.1.3)."""
    return SECURE_COOKIE if is_secure(connection) else COOKIE


def is_secure(connection: HTTPConnection) -> bool:
    return connection.url.scheme in ("https", "wss")
