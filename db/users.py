"""Users: the people who have signed up."""

from collections.abc import Iterable
from dataclasses import dataclass

from db import engine
from db.engine.dialect import given
from db.engine.statement import Row


@dataclass(frozen=True, slots=True)
class User:
    """The public part of a user."""

    id: int
    username: str
    name: str


async def add(
    id: int, username: str, name: str, name_folded: str, password: str, created_at: int
) -> User | None:
    """The new user, or None if the username is taken."""
    row = await engine.row(
        """
        INSERT INTO users (id, username, name, name_folded, password, created_at)
        VALUES (:id, :username, :name, :name_folded, :password, :created_at)
        ON CONFLICT DO NOTHING
        RETURNING id, username, name
        """,
        id=id,
        username=username,
        name=name,
        name_folded=name_folded,
        password=password,
        created_at=created_at,
    )
    return user(row) if row else None


async def get_by_username(username: str) -> User | None:
    row = await engine.row(
        "SELECT id, username, name FROM users WHERE username = :username", username=username
    )
    return user(row) if row else None


async def list_by_ids(ids: Iterable[int]) -> dict[int, User]:
    """Users by their ids, those who have deleted their account too."""
    listed, values = given(ids, id="BIGINT")
    rows = await engine.rows(
        f"SELECT id, username, name FROM users WHERE id IN ({listed})", **values
    )
    return {row["id"]: user(row) for row in rows}


async def get_new(username: str, name: str, since: int) -> User | None:
    """A user of this name who has signed up since then."""
    row = await engine.row(
        """
        SELECT id, username, name FROM users
        WHERE username = :username AND name = :name AND created_at > :since
        """,
        username=username,
        name=name,
        since=since,
    )
    return user(row) if row else None


async def is_deleted(user_id: int) -> bool:
    return await get_password(user_id) == "!"


async def list_named(usernames: Iterable[str]) -> dict[str, User]:
    """The users with these usernames, by username."""
    names, values = given(usernames, username="TEXT")
    rows = await engine.rows(
        f"SELECT id, username, name FROM users WHERE username IN ({names})", **values
    )
    return {row["username"]: user(row) for row in rows}


async def exist() -> bool:
    """Whether there is any user."""
    return await engine.row("SELECT id FROM users LIMIT 1") is not None


async def lock(username: str) -> None:
    """Serialize the transactions of an account, on PostgreSQL; SQLite's always are."""
    await engine.execute(
        "UPDATE users SET name = name WHERE username = :username", username=username
    )


async def get_password(user_id: int) -> str | None:
    """The hash of a user's password."""
    row = await engine.row("SELECT password FROM users WHERE id = :id", id=user_id)
    return row["password"] if row else None


async def get_time_zone(user_id: int) -> str | None:
    """The name of the zone that a user is in, if that is known."""
    row = await engine.row("SELECT time_zone FROM users WHERE id = :id", id=user_id)
    return row["time_zone"] if row else None


async def update_time_zone(user_id: int, time_zone: str) -> None:
    await engine.execute(
        "UPDATE users SET time_zone = :time_zone WHERE id = :id", id=user_id, time_zone=time_zone
    )


async def search(pattern: str, limit: int) -> list[User]:
    """Users whose username or name is LIKE `pattern` (folded, `!` escapes)."""
    rows = await engine.rows(
        """
        SELECT id, username, name FROM users
        WHERE password <> '!'
          AND (username LIKE :pattern ESCAPE '!' OR name_folded LIKE :pattern ESCAPE '!')
        ORDER BY username LIMIT :limit
        """,
        pattern=pattern,
        limit=limit,
    )
    return [user(row) for row in rows]


def user(row: Row) -> User:
    return User(row["id"], row["username"], row["name"])


async def update_name(user_id: int, name: str, name_folded: str) -> None:
    await engine.execute(
        "UPDATE users SET name = :name, name_folded = :name_folded WHERE id = :id",
        id=user_id,
        name=name,
        name_folded=name_folded,
    )


async def update_deleted(user_id: int, username: str, name: str) -> None:
    """Erase a user but for the id, which their messages keep."""
    await engine.execute(
        """
        UPDATE users SET username = :username, name = :name, name_folded = '', password = '!',
                         time_zone = NULL
        WHERE id = :id
        """,
        id=user_id,
        username=username,
        name=name,
    )


async def sends_with_ctrl(user_id: int) -> bool:
    """Whether Enter alone breaks the line for a user, and Ctrl+Enter sends."""
    row = await engine.row("SELECT sends_with_ctrl FROM users WHERE id = :id", id=user_id)
    return row is not None and row["sends_with_ctrl"] == 1


async def update_sends_with_ctrl(user_id: int, with_ctrl: bool) -> None:
    await engine.execute(
        "UPDATE users SET sends_with_ctrl = :with_ctrl WHERE id = :id",
        id=user_id,
        with_ctrl=int(with_ctrl),
    )


async def update_hash(user_id: int, before: str, password: str) -> None:
    """Another hash of the same password, if that is still the user's."""
    await engine.execute(
        "UPDATE users SET password = :password WHERE id = :id AND password = :before",
        id=user_id,
        before=before,
        password=password,
    )


async def update_password(user_id: int, password: str) -> None:
    await engine.execute(
        "UPDATE users SET password = :password WHERE id = :id", id=user_id, password=password
    )
