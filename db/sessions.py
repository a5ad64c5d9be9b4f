"""Sign-ins. Only the hash of a token is stored, so a copy of the database signs nobody in."""

from collections.abc import Iterable
from dataclasses import dataclass

from db import engine
from db.engine.dialect import given
from db.users import User, user


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in of `user`; times in milliseconds since 1970."""

    token_hash: str
    user: User
    seen_at: int


async def add(token_hash: str, user_id: int, created_at: int) -> None:
    await engine.execute(
        """
        INSERT INTO sessions (token_hash, user_id, created_at, seen_at)
        VALUES (:token_hash, :user_id, :created_at, :created_at)
        """,
        token_hash=token_hash,
        user_id=user_id,
        created_at=created_at,
    )


async def list_open(
    token_hashes: Iterable[str], created_after: int, seen_after: int
) -> dict[str, Session]:
    """The sessions that have not expired, by the hashes of their tokens: they must have started and
    been seen after these times."""
    hashes, values = given(token_hashes, hash="TEXT")
    rows = await engine.rows(
        f"""
        SELECT s.token_hash, s.seen_at, u.id, u.username, u.name
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash IN ({hashes})
          AND s.created_at > :created_after AND s.seen_at > :seen_after
        """,
        created_after=created_after,
        seen_after=seen_after,
        **values,
    )
    sessions = [Session(row["token_hash"], user(row), row["seen_at"]) for row in rows]
    return {session.token_hash: session for session in sessions}


async def update_seen(token_hashes: Iterable[str], seen_at: int) -> None:
    hashes, values = given(token_hashes, hash="TEXT")
    await engine.execute(
        f"UPDATE sessions SET seen_at = :seen_at WHERE token_hash IN ({hashes})",
        seen_at=seen_at,
        **values,
    )


async def remove(token_hash: str) -> None:
    await engine.execute(
        "DELETE FROM sessions WHERE token_hash = :token_hash", token_hash=token_hash
    )


async def remove_all(user_id: int, but: str = "") -> list[str]:
    """Remove all of a user's sessions, `but` one; the hashes of those removed."""
    rows = await engine.rows(
        """
        DELETE FROM sessions WHERE user_id = :user_id AND token_hash <> :but
        RETURNING token_hash
        """,
        user_id=user_id,
        but=but,
    )
    return [row["token_hash"] for row in rows]
