"""What messages reply to: see db/replies.py.

A column and an index of the few messages that have a value in it, so the previous version can go on
serving meanwhile.
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE messages ADD COLUMN reply_to BIGINT")
    op.execute(
        "CREATE INDEX messages_replies ON messages (conversation_id, reply_to) "
        "WHERE reply_to IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX messages_replies")
    op.execute("ALTER TABLE messages DROP COLUMN reply_to")
