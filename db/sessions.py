"""Sign-ins. Only the hash of a session's token is stored: a copy of the database opens no door."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from db import engine
from db.engine.dialect import each
from db.engine.statement import Row
from db.users import User


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in of `user`; times in milliseconds since 1970."""

    token_hash: str
    user: User
    seen_at: int


async def add(token_hash: str, user_id: int, created_at: int) -> None:
    await engine.row(
        """
        INSERT INTO sessions (token_hash, user_id, created_at, seen_at)
        VALUES (:token_hash, :user_id, :created_at, :created_at)
        RETURNING token_hash
        """,
        token_hash=token_hash,
        user_id=user_id,
        created_at=created_at,
    )


SESSIONS = """
    SELECT s.token_hash, s.seen_at, u.id, u.username, u.name
    FROM sessions s JOIN users u ON u.id = s.user_id
"""


async def get(token_hash: str, created_after: int, seen_after: int) -> Session | None:
    """The session, unless it is over: begun before `created_after` or idle since `seen_after`."""
    row = await engine.row(
        f"""
        {SESSIONS}
        WHERE s.token_hash = :token_hash
          AND s.created_at > :created_after AND s.seen_at > :seen_after
        """,
        token_hash=token_hash,
        created_after=created_after,
        seen_after=seen_after,
    )
    return session(row) if row else None


async def list_open(
    token_hashes: Iterable[str], created_after: int, seen_after: int
) -> dict[str, Session]:
    """Those of these sessions that are not over, by the hashes of their tokens."""
    rows = await engine.rows(
        f"""
        {SESSIONS}
        WHERE s.token_hash IN (SELECT CAST(value ->> 0 AS TEXT) FROM {each("hashes")})
          AND s.created_at > :created_after AND s.seen_at > :seen_after
        """,
        hashes=json.dumps([(token_hash,) for token_hash in token_hashes]),
        created_after=created_after,
        seen_after=seen_after,
    )
    return {row["token_hash"]: session(row) for row in rows}


def session(row: Row) -> Session:
    return Session(row["token_hash"], User(row["id"], row["username"], row["name"]), row["seen_at"])


async def update_seen(token_hashes: Iterable[str], seen_at: int) -> None:
    await engine.rows(
        f"""
        UPDATE sessions SET seen_at = :seen_at
        WHERE token_hash IN (SELECT CAST(value ->> 0 AS TEXT) FROM {each("hashes")})
        RETURNING user_id
        """,
        hashes=json.dumps([(token_hash,) for token_hash in token_hashes]),
        seen_at=seen_at,
    )


async def remove(token_hash: str) -> None:
    await engine.row(
        "DELETE FROM sessions WHERE token_hash = :token_hash RETURNING user_id",
        token_hash=token_hash,
    )


async def remove_all(user_id: int) -> list[str]:
    """End all of a person's sessions; their hashes."""
    rows = await engine.rows(
        "DELETE FROM sessions WHERE user_id = :user_id RETURNING token_hash", user_id=user_id
    )
    return [row["token_hash"] for row in rows]


async def remove_others(user_id: int, token_hash: str) -> list[str]:
    """End all of a person's sessions but one; the hashes of those that ended."""
    rows = await engine.rows(
        """
        DELETE FROM sessions WHERE user_id = :user_id AND token_hash <> :token_hash
        RETURNING token_hash
        """,
        user_id=user_id,
        token_hash=token_hash,
    )
    return [row["token_hash"] for row in rows]
