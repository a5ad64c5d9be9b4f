"""Messages that have changed since they were sent are found by an index of their own.

One over all revisions was a page more to write for each message, though a message's revision is its
position until it changes. That no two are the same, the conversation's counter says already.

The version before this one goes on serving meanwhile, but whoever comes back to it has all of a
conversation looked through. Messages wait for as long as it takes to read them once; where somebody
else holds them (a backup), PostgreSQL gives up after some seconds, and it may be tried again later.
SQLite writes them anew, which takes as much room again.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

MESSAGES = """
    CREATE TABLE messages_anew (
        conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        position BIGINT NOT NULL,
        previous_position BIGINT,
        revision BIGINT NOT NULL,
        author_id BIGINT NOT NULL REFERENCES users (id),
        client_id TEXT NOT NULL,
        body TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (conversation_id, position),
        {rules}
        UNIQUE (author_id, client_id)
    )
"""
REVISIONS = "UNIQUE (conversation_id, revision)"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
        op.execute("ALTER TABLE messages DROP CONSTRAINT messages_conversation_id_revision_key")
    else:
        make_anew("")
    op.execute(
        "CREATE INDEX messages_changed ON messages (conversation_id, revision) "
        "WHERE revision > position"
    )


def downgrade() -> None:
    op.execute("DROP INDEX messages_changed")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE messages ADD {REVISIONS}")
    else:
        make_anew(f"{REVISIONS},")


def make_anew(rules: str) -> None:
    """In SQLite a table's rules cannot be changed otherwise. Nothing refers to messages."""
    op.execute("PRAGMA cache_size = -65536")  # client_ids are in no order
    op.execute(MESSAGES.format(rules=rules))
    op.execute("INSERT INTO messages_anew SELECT * FROM messages ORDER BY rowid")
    op.execute("DROP TABLE messages")
    op.execute("ALTER TABLE messages_anew RENAME TO messages")
