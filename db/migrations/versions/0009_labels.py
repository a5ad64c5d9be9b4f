"""Names and titles from before are those that would be stored now: see db/labels.py.

A user of whose name nothing remains is called by the username, a group of whose title nothing
remains after its people. The previous version can go on serving meanwhile. Undoing it leaves them
as they are.
"""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy
from alembic import op

from db.folding import folded
from db.labels import label

revision = "0009"
down_revision = "0008"

BATCH = 1_000

# Deleted users have no folded name, and one name.
NAMES = sqlalchemy.text(
    """
    SELECT id, username, name, name_folded FROM users
    WHERE id > :after AND name_folded <> '' ORDER BY id LIMIT :limit
    """
)
TITLES = sqlalchemy.text(
    """
    SELECT id, title FROM conversations
    WHERE id > :after AND kind = 'group' AND title <> '' ORDER BY id LIMIT :limit
    """
)
RENAME = sqlalchemy.text(
    "UPDATE users SET name = :name, name_folded = :name_folded WHERE id = :id AND name = :before"
)
RETITLE = sqlalchemy.text(
    "UPDATE conversations SET title = :title WHERE id = :id AND title = :before"
)


def upgrade() -> None:
    write(NAMES, RENAME, renamed)
    write(TITLES, RETITLE, retitled)


def downgrade() -> None:
    pass


def write(
    listed: sqlalchemy.TextClause,
    update: sqlalchemy.TextClause,
    changed: Callable[[sqlalchemy.Row[Any]], dict[str, object] | None],
) -> None:
    """Update what is `changed` of the rows listed. Lock order: ids, ascending."""
    for rows in batches(listed):
        if changes := [change for row in rows if (change := changed(row))]:
            op.get_bind().execute(update, changes)


def batches(listed: sqlalchemy.TextClause) -> Iterator[list[sqlalchemy.Row[Any]]]:
    after = -1
    while rows := list(op.get_bind().execute(listed, {"after": after, "limit": BATCH})):
        yield rows
        after = rows[-1].id


def renamed(user: sqlalchemy.Row[Any]) -> dict[str, object] | None:
    name = label(user.name) or user.username
    if (name, folded(name)) == (user.name, user.name_folded):
        return None
    return {"id": user.id, "before": user.name, "name": name, "name_folded": folded(name)}


def retitled(group: sqlalchemy.Row[Any]) -> dict[str, object] | None:
    title = label(group.title)
    return {"id": group.id, "before": group.title, "title": title} if title != group.title else None
