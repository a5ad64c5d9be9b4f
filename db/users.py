"""People who have joined."""

from dataclasses import dataclass

from db import engine


@dataclass(frozen=True, slots=True)
class User:
    """A person as everybody may see them."""

    id: int
    username: str
    name: str


async def add(
    id: int, username: str, name: str, name_folded: str, password: str, created_at: int
) -> User | None:
    """The new person, or None where the username is taken."""
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
    return User(row["id"], row["username"], row["name"]) if row else None


async def get_by_username(username: str) -> User | None:
    row = await engine.row(
        "SELECT id, username, name FROM users WHERE username = :username", username=username
    )
    return User(row["id"], row["username"], row["name"]) if row else None


async def exist() -> bool:
    """Whether anybody has joined."""
    return await engine.row("SELECT id FROM users LIMIT 1") is not None


async def lock(username: str) -> None:
    """Let transactions about one account wait for each other. (SQLite's always do.)"""
    await engine.row(
        "UPDATE users SET name = name WHERE username = :username RETURNING id", username=username
    )


async def get_password(user_id: int) -> str | None:
    """The stored hash of a person's password."""
    row = await engine.row("SELECT password FROM users WHERE id = :id", id=user_id)
    return row["password"] if row else None


async def search(pattern: str, limit: int) -> list[User]:
    """People whose username or shown name is LIKE `pattern` (folded, `!` escapes)."""
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
    return [User(row["id"], row["username"], row["name"]) for row in rows]


async def update_name(user_id: int, name: str, name_folded: str) -> None:
    await engine.row(
        "UPDATE users SET name = :name, name_folded = :name_folded WHERE id = :id RETURNING id",
        id=user_id,
        name=name,
        name_folded=name_folded,
    )


async def update_deleted(user_id: int, username: str, name: str) -> None:
    """Take everything from a person but the id, which their messages keep."""
    await engine.row(
        """
        UPDATE users SET username = :username, name = :name, name_folded = '', password = '!'
        WHERE id = :id RETURNING id
        """,
        id=user_id,
        username=username,
        name=name,
    )


async def update_password(user_id: int, password: str) -> None:
    await engine.row(
        "UPDATE users SET password = :password WHERE id = :id RETURNING id",
        id=user_id,
        password=password,
    )
