"""Mentions of participants in messages: see db/mentions.py.

A table, so the previous version can go on serving meanwhile.
"""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE mentions (
            conversation_id BIGINT NOT NULL,
            position BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            PRIMARY KEY (conversation_id, position, user_id),
            FOREIGN KEY (conversation_id, position)
                REFERENCES messages (conversation_id, position) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX mentions_of_user ON mentions (conversation_id, user_id, position)")


def downgrade() -> None:
    op.execute("DROP TABLE mentions")
