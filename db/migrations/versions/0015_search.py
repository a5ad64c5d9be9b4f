"""The index of messages for the search: see db/search.

Tables that nothing else uses, empty: actions/search_index.py fills them in the background. So the
previous version can go on serving meanwhile.
"""

import sqlalchemy
from alembic import op

from db.search import fts5

revision = "0015"
down_revision = "0014"

SEARCHABLE = """
    CREATE TABLE searchable (
        id {id} PRIMARY KEY,
        conversation_id BIGINT NOT NULL,
        position BIGINT NOT NULL,
        revision BIGINT NOT NULL,
        has_link BIGINT NOT NULL,
        {words}
        UNIQUE (conversation_id, position)
    )
"""
CURSORS = """
    CREATE TABLE search_cursors (
        conversation_id BIGINT PRIMARY KEY,
        revision BIGINT NOT NULL
    )
"""
# No text is kept, and nothing that only ranking needs.
FTS5 = """
    CREATE VIRTUAL TABLE searched USING fts5(
        words, content='', columnsize=0, tokenize="ascii tokenchars '~@#'"
    )
"""
# What is not sorted in yet is read by each search, so it is little (kilobytes).
GIN = """
    CREATE INDEX searchable_words ON searchable USING gin ({columns})
    WITH (gin_pending_list_limit = 256)
"""


def upgrade() -> None:
    op.execute(CURSORS)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(SEARCHABLE.format(id="BIGINT", words="words TSVECTOR NOT NULL,"))
        op.execute(GIN.format(columns="conversation_id, words" if has_btree_gin() else "words"))
    else:
        op.execute(SEARCHABLE.format(id="INTEGER", words=""))
        if fts5.IS_BUILT_IN:
            op.execute(FTS5)


def has_btree_gin() -> bool:
    """Whether numbers can stand in such an index. Any owner of a database may create the extension,
    where the server has it; without it searches take longer, and more of them too long."""
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    except sqlalchemy.exc.DBAPIError:
        return False
    return True


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE IF EXISTS searched")
    op.execute("DROP TABLE searchable")
    op.execute("DROP TABLE search_cursors")
