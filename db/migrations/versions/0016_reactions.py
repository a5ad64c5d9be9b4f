"""Reactions to messages: see db/reactions.py.

A table, so the previous version can go on serving meanwhile.
"""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE reactions (
            conversation_id BIGINT NOT NULL,
            position BIGINT NOT NULL,
            user_id BIGINT NOT NULL REFERENCES users (id),
            emoji TEXT NOT NULL,
            revision BIGINT NOT NULL,
            reacted_at BIGINT NOT NULL,
            PRIMARY KEY (conversation_id, position, user_id, emoji),
            FOREIGN KEY (conversation_id, position)
                REFERENCES messages (conversation_id, position) ON DELETE CASCADE
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE reactions")
