"""Pinned and starred messages: see db/pins.py and db/stars.py.

Two tables and a column, so the previous version can go on serving meanwhile.
"""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE conversations ADD COLUMN pinned_revision BIGINT NOT NULL DEFAULT 0")
    op.execute(
        """
        CREATE TABLE pins (
            conversation_id BIGINT NOT NULL,
            position BIGINT NOT NULL,
            revision BIGINT NOT NULL,
            user_id BIGINT NOT NULL REFERENCES users (id),
            pinned_at BIGINT NOT NULL,
            PRIMARY KEY (conversation_id, position),
            FOREIGN KEY (conversation_id, position)
                REFERENCES messages (conversation_id, position) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        """
        CREATE TABLE stars (
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            conversation_id BIGINT NOT NULL,
            position BIGINT NOT NULL,
            starred_at BIGINT NOT NULL,
            PRIMARY KEY (user_id, conversation_id, position)
        )
        """
    )
    op.execute(
        "CREATE INDEX stars_by_time ON stars (user_id, starred_at, conversation_id, position)"
    )


def downgrade() -> None:
    op.execute("DROP TABLE stars")
    op.execute("DROP TABLE pins")
    op.execute("ALTER TABLE conversations DROP COLUMN pinned_revision")
