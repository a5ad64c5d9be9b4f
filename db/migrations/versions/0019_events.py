"""Lines of logs that say what has happened: see db/events.py.

A column without a value for messages, and a table, so the previous version can go on serving
meanwhile; it shows such a line as an empty message.
"""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE messages ADD COLUMN event TEXT")
    op.execute(
        """
        CREATE TABLE events (
            conversation_id BIGINT NOT NULL,
            position BIGINT NOT NULL,
            user_id BIGINT REFERENCES users (id),
            title TEXT,
            PRIMARY KEY (conversation_id, position),
            FOREIGN KEY (conversation_id, position)
                REFERENCES messages (conversation_id, position) ON DELETE CASCADE
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE events")
    op.execute("DELETE FROM messages WHERE event IS NOT NULL")
    op.execute("ALTER TABLE messages DROP COLUMN event")
