"""The colour of a participant's face in a conversation: see db/participants.py.

One column, so the previous version can go on serving meanwhile; participants that it adds have the
colour of their name. Those of existing groups get a colour here, which locks them until the commit.
Where one is locked already, PostgreSQL gives up after two seconds; try again later.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE participants ADD COLUMN tint BIGINT")
    op.execute(
        """
        UPDATE participants SET tint = numbered.tint
        FROM (
            SELECT p.conversation_id, p.user_id, (ROW_NUMBER() OVER (
                PARTITION BY p.conversation_id ORDER BY p.user_id
            ) - 1) % 8 AS tint
            FROM participants p JOIN conversations c ON c.id = p.conversation_id
            WHERE c.kind = 'group'
        ) AS numbered
        WHERE participants.conversation_id = numbered.conversation_id
          AND participants.user_id = numbered.user_id
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE participants DROP COLUMN tint")
