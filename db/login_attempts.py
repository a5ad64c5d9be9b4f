"""Attempts to sign in, counted for an account and an address. Kept here, not in Redis or memory,
so that the limit holds on every deployment and outlives a restart."""

from db import engine


async def add(username: str, address: str, attempted_at: int) -> None:
    await engine.row(
        """
        INSERT INTO login_attempts (username, address, attempted_at)
        VALUES (:username, :address, :attempted_at) RETURNING attempted_at
        """,
        username=username,
        address=address,
        attempted_at=attempted_at,
    )


async def after(username: str, address: str, since: int) -> list[int]:
    """When the attempts after `since` were made, oldest first (milliseconds since 1970)."""
    rows = await engine.rows(
        """
        SELECT attempted_at FROM login_attempts
        WHERE username = :username AND address = :address AND attempted_at > :since
        ORDER BY attempted_at
        """,
        username=username,
        address=address,
        since=since,
    )
    return [row["attempted_at"] for row in rows]


async def after_from(address: str, since: int) -> list[int]:
    """When attempts were made from an address after `since`, on any account, oldest first."""
    rows = await engine.rows(
        """
        SELECT attempted_at FROM login_attempts
        WHERE address = :address AND attempted_at > :since
        ORDER BY attempted_at
        """,
        address=address,
        since=since,
    )
    return [row["attempted_at"] for row in rows]


async def remove(username: str, address: str) -> None:
    """Forget the attempts of an account and address: one of them was right."""
    await engine.rows(
        """
        DELETE FROM login_attempts WHERE username = :username AND address = :address
        RETURNING attempted_at
        """,
        username=username,
        address=address,
    )


async def remove_before(before: int) -> None:
    """Forget every attempt that no longer counts."""
    await engine.rows(
        "DELETE FROM login_attempts WHERE attempted_at < :before RETURNING attempted_at",
        before=before,
    )
