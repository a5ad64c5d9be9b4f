"""Drafts, messages to be sent later, and users' time zones: see db/drafts.py and db/scheduled.py.

Tables and a column, so the previous version can go on serving meanwhile.
"""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE users ADD COLUMN time_zone TEXT")
    op.execute(
        """
        CREATE TABLE drafts (
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            client_id TEXT NOT NULL,
            conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
            body TEXT NOT NULL,
            reply_to BIGINT,
            saved_at BIGINT NOT NULL,
            PRIMARY KEY (user_id, client_id)
        )
        """
    )
    op.execute("CREATE INDEX drafts_in ON drafts (user_id, conversation_id, saved_at)")
    op.execute(
        """
        CREATE TABLE scheduled (
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            client_id TEXT NOT NULL,
            conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
            body TEXT NOT NULL,
            reply_to BIGINT,
            send_at BIGINT NOT NULL,
            refusal TEXT,
            PRIMARY KEY (user_id, client_id)
        )
        """
    )
    op.execute("CREATE INDEX scheduled_due ON scheduled (send_at) WHERE refusal IS NULL")


def downgrade() -> None:
    op.execute("DROP TABLE scheduled")
    op.execute("DROP TABLE drafts")
    op.execute("ALTER TABLE users DROP COLUMN time_zone")
