"""Later texts of messages, and when participants came: see db/versions.py.

A table and a column, so the previous version can go on serving meanwhile; participants that it adds
count as having been there from the start.
"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE participants ADD COLUMN joined_revision BIGINT NOT NULL DEFAULT 0")
    op.execute(
        """
        CREATE TABLE versions (
            conversation_id BIGINT NOT NULL,
            position BIGINT NOT NULL,
            revision BIGINT NOT NULL,
            body TEXT NOT NULL,
            written_at BIGINT NOT NULL,
            PRIMARY KEY (conversation_id, position, revision),
            FOREIGN KEY (conversation_id, position)
                REFERENCES messages (conversation_id, position) ON DELETE CASCADE
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE versions")
    op.execute("ALTER TABLE participants DROP COLUMN joined_revision")
