"""When messages were unsent: see db/unsends.py.

One column, so the previous version can go on serving meanwhile.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE messages ADD COLUMN unsent_at BIGINT")


def downgrade() -> None:
    op.execute("ALTER TABLE messages DROP COLUMN unsent_at")
