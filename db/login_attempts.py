"""Sign-in attempts by account and address, in the database and not in Redis or memory: so the limit
holds on every deployment and survives a restart."""

from db import engine


async def add(username: str, address: str, attempted_at: int) -> None:
    await engine.execute(
        """
        INSERT INTO login_attempts (username, address, attempted_at)
        VALUES (:username, :address, :attempted_at)
        """,
        username=username,
        address=address,
        attempted_at=attempted_at,
    )


async def after(username: str, address: str, since: int) -> list[int]:
    """The times of the attempts after `since`, oldest first (milliseconds since 1970)."""
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
    """The times of an address's attempts after `since`, on any account, oldest first."""
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
    """Forget an account's attempts from an address: one succeeded."""
    await engine.execute(
        "DELETE FROM login_attempts WHERE username = :username AND address = :address",
        username=username,
        address=address,
    )


async def remove_before(before: int) -> None:
    """Forget the attempts that no longer count."""
    await engine.execute("DELETE FROM login_attempts WHERE attempted_at < :before", before=before)
