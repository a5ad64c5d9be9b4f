"""How far participants hold and have read conversations, as others see it: see db/receipts.py.

A table and a column, so the previous version can go on serving meanwhile. What was read before
this migration stays private: readers did not know that it would be shown.
"""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE users ADD COLUMN hides_receipts BIGINT NOT NULL DEFAULT 0")
    op.execute(
        """
        CREATE TABLE receipts (
            conversation_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            read_position BIGINT NOT NULL,
            read_at BIGINT NOT NULL,
            delivered_position BIGINT NOT NULL,
            delivered_at BIGINT NOT NULL,
            PRIMARY KEY (conversation_id, user_id),
            FOREIGN KEY (user_id, conversation_id)
                REFERENCES participants (user_id, conversation_id) ON DELETE CASCADE
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE receipts")
    op.execute("ALTER TABLE users DROP COLUMN hides_receipts")
