"""When users were last here, and whether they show it."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN present_at BIGINT NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE users ADD COLUMN hides_presence BIGINT NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN hides_presence")
    op.execute("ALTER TABLE users DROP COLUMN present_at")
