"""Names and titles from before are those that would be stored now: see db/labels.py.

A user of whose name nothing remains is called by the username, a group of whose title nothing
remains after its people. The previous version can go on serving meanwhile. Undoing it leaves them
as they are.

0008 knows a title that was made of names by the names that people have now. What they were called
before is stored nowhere, so here a name is also taken for a former one of a person in the group
where the present one contains its words (Ada, Ada Lovelace) or it is the username (Zoë, zoe); and
for that of a deleted account, where one has written in the group. All who
are in the group have to be in the title. Any other stays: to lose what a person has typed is worse
than an older name.
"""

import re
from collections import Counter, defaultdict
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


MADE = "kind = 'group' AND title LIKE '%, %, %'"
CREATED = sqlalchemy.text(
    f"""
    SELECT c.id, c.title, u.id AS creator_id, u.name, u.username
    FROM conversations c JOIN users u ON u.id = c.creator_id WHERE {MADE} ORDER BY c.id
    """
)
PEOPLE = sqlalchemy.text(
    f"""
    SELECT c.id AS conversation_id, u.id, u.name, u.username
    FROM conversations c JOIN participants p ON p.conversation_id = c.id
    JOIN users u ON u.id = p.user_id WHERE {MADE}
    """
)
DELETED = sqlalchemy.text(
    f"""
    SELECT DISTINCT c.id, m.author_id
    FROM conversations c JOIN messages m ON m.conversation_id = c.id
    JOIN users u ON u.id = m.author_id WHERE {MADE} AND u.password = '!'
    """
)


def upgrade() -> None:
    untitle()
    write(NAMES, RENAME, renamed)
    write(TITLES, RETITLE, retitled)


def downgrade() -> None:
    pass


def untitle() -> None:
    """Take from groups the titles that were made of names."""
    run = op.get_bind().execute
    people = defaultdict(list)
    for row in run(PEOPLE):
        people[row.conversation_id].append(row)
    groups = list(run(CREATED))
    deleted = Counter(row.id for row in run(DELETED))
    wanted = {name for group in groups for name in group.title.split(", ")}
    known = {row.name for rows in batches(NAMES) for row in rows if row.name in wanted}
    changes = [
        {"id": group.id, "before": group.title, "title": ""}
        for group in groups
        if is_made(group, people[group.id], known, deleted[group.id])
    ]
    if changes:
        run(RETITLE, changes)


def is_made(
    group: sqlalchemy.Row[Any], people: list[sqlalchemy.Row[Any]], known: set[str], deleted: int
) -> bool:
    """Whether a title begins with the creator's name and holds those of all others. Some may
    be former names, and some those of users who have left."""
    first, *names = group.title.split(", ")
    is_cut = names[-1].endswith("…")
    names = names[:-1] if is_cut else names
    others = [person for person in people if person.id != group.creator_id]
    for is_name in (is_called, was_called):
        for name in list(names):
            if person := next((each for each in others if is_name(each, name)), None):
                others.remove(person)
                names.remove(name)
    unknown = [name for name in names if name not in known]
    if not was_called(group, first):
        unknown.append(first)
    return len(unknown) <= deleted and (is_cut or not others)


def is_called(user: sqlalchemy.Row[Any], name: str) -> bool:
    return bool(user.name == name)


def was_called(user: sqlalchemy.Row[Any], name: str) -> bool:
    """Whether it is the present name, or may be a former one."""
    words = set(folded(name).split())
    return bool(words) and (
        words <= set(folded(user.name).split()) or letters(folded(name)) == letters(user.username)
    )


def letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name)


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
