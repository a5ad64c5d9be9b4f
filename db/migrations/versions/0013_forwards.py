"""Whose words were forwarded, and who hides that: see db/forwards.py.

Two columns, so the previous version can go on serving meanwhile.
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE messages ADD COLUMN forwarded_from BIGINT")
    op.execute("ALTER TABLE users ADD COLUMN hides_in_forwards BIGINT NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN hides_in_forwards")
    op.execute("ALTER TABLE messages DROP COLUMN forwarded_from")
