"""Names are searched without accents: see db/folding.py.

The previous version can go on serving meanwhile, but finds accented names only without accents.
"""

from collections.abc import Callable

import sqlalchemy
from alembic import op

from db.folding import folded

revision = "0005"
down_revision = "0004"

BATCH = 1_000

# Deleted users have no folded name.
NAMES = sqlalchemy.text(
    "SELECT id, name FROM users WHERE id > :after AND name_folded <> '' ORDER BY id LIMIT :limit"
)
UPDATE = sqlalchemy.text("UPDATE users SET name_folded = :name_folded WHERE id = :id")


def upgrade() -> None:
    fold(folded)


def downgrade() -> None:
    fold(str.casefold)


def fold(folded: Callable[[str], str]) -> None:
    connection = op.get_bind()
    after = -1
    while names := connection.execute(NAMES, {"after": after, "limit": BATCH}).all():
        after = names[-1].id
        changed = [
            {"id": id, "name_folded": folded(name)} for id, name in names if not name.isascii()
        ]
        if changed:
            connection.execute(UPDATE, changed)
