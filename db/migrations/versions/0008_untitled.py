"""Groups that were started without a title have none: it is made of their people's names.

Until now the names were put together when the group was started: the creator's first, then those of
at least two others, cut after a hundred characters.

The previous version can go on serving meanwhile, but shows those groups without a title.
"""

import sqlalchemy
from alembic import op

revision = "0008"
down_revision = "0007"

BATCH = 1_000

LISTED = sqlalchemy.text(
    """
    SELECT c.id, c.title, u.name AS creator
    FROM conversations c JOIN users u ON u.id = c.creator_id
    WHERE c.kind = 'group' AND c.title LIKE '%, %, %'
    """
)
NAMES = sqlalchemy.text("SELECT id, name FROM users WHERE id > :after ORDER BY id LIMIT :limit")
UPDATE = sqlalchemy.text("UPDATE conversations SET title = :title WHERE id = :id")

UNTITLED = sqlalchemy.text(
    """
    SELECT c.id, u.name
    FROM conversations c JOIN participants p ON p.conversation_id = c.id
    JOIN users u ON u.id = p.user_id
    WHERE c.title = '' ORDER BY c.id, u.name_folded, u.id
    """
)


def upgrade() -> None:
    """A title is made of names where each of them is, or the last may be the beginning of, a
    user's."""
    groups = {row.id: row for row in op.get_bind().execute(LISTED)}
    listed = {id: row.title.split(", ") for id, row in groups.items()}
    whole = {id: names[:-1] if names[-1].endswith("…") else names for id, names in listed.items()}
    known = names_among({name for names in whole.values() for name in names})
    write(
        {
            id: ""
            for id, names in whole.items()
            if names[0] == groups[id].creator and known.issuperset(names)
        }
    )


def downgrade() -> None:
    names: dict[int, list[str]] = {}
    for id, name in op.get_bind().execute(UNTITLED):
        names.setdefault(id, []).append(name)
    write({id: shortened(", ".join(each)) for id, each in names.items()})


def names_among(wanted: set[str]) -> set[str]:
    """Those that are some user's name."""
    known: set[str] = set()
    after = -1
    while wanted and (rows := op.get_bind().execute(NAMES, {"after": after, "limit": BATCH}).all()):
        after = rows[-1].id
        known |= wanted.intersection(row.name for row in rows)
    return known


def write(titles: dict[int, str]) -> None:
    """Lock order: ids, ascending."""
    if titles:
        rows = [{"id": id, "title": title} for id, title in sorted(titles.items())]
        op.get_bind().execute(UPDATE, rows)


def shortened(title: str) -> str:
    return title if len(title) <= 100 else title[:99] + "…"
