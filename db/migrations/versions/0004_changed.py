"""An index of the messages that changed since they were sent.

An index over all revisions cost each message another page to write, though a message's revision is
its position until it changes. The conversation's counter already keeps revisions unique.

The previous version can go on serving meanwhile, but catches up by scanning the conversation. The
table is locked for as long as it takes to read it once. Where it is locked already (by a backup),
PostgreSQL gives up after two seconds; try again later. SQLite rewrites the table, which takes as
much space again.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

MESSAGES = """
    CREATE TABLE rebuilt_messages (
        conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        position BIGINT NOT NULL,
        previous_position BIGINT,
        revision BIGINT NOT NULL,
        author_id BIGINT NOT NULL REFERENCES users (id),
        client_id TEXT NOT NULL,
        body TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (conversation_id, position),
        {constraints}
        UNIQUE (author_id, client_id)
    )
"""
REVISIONS = "UNIQUE (conversation_id, revision)"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
        op.execute("ALTER TABLE messages DROP CONSTRAINT messages_conversation_id_revision_key")
    else:
        rebuild("")
    op.execute(
        "CREATE INDEX messages_changed ON messages (conversation_id, revision) "
        "WHERE revision > position"
    )


def downgrade() -> None:
    op.execute("DROP INDEX messages_changed")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE messages ADD {REVISIONS}")
    else:
        rebuild(f"{REVISIONS},")


def rebuild(constraints: str) -> None:
    """SQLite cannot change a table's constraints otherwise. No table references messages."""
    op.execute("PRAGMA cache_size = -65536")  # client_ids are random
    op.execute(MESSAGES.format(constraints=constraints))
    op.execute("INSERT INTO rebuilt_messages SELECT * FROM messages ORDER BY rowid")
    op.execute("DROP TABLE messages")
    op.execute("ALTER TABLE rebuilt_messages RENAME TO messages")
