"""Inbox ranks: see db/inbox_ranks.py.

Only columns and indexes, so the previous version can go on serving meanwhile. Existing rows are
unranked, which is slower but not wrong; actions/inbox_ranks.py ranks them in the background.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

UNRANKED = 2**62


def upgrade() -> None:
    for table in ("conversations", "participants"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN ranked_at BIGINT NOT NULL DEFAULT {UNRANKED}")
    op.execute("ALTER TABLE participants ADD COLUMN is_settled BIGINT NOT NULL DEFAULT 0")
    op.execute("CREATE INDEX participants_by_rank ON participants (user_id, ranked_at)")
    op.execute("CREATE INDEX participants_unsettled ON participants (user_id) WHERE is_settled = 0")


def downgrade() -> None:
    op.execute("DROP INDEX participants_unsettled")
    op.execute("DROP INDEX participants_by_rank")
    op.execute("ALTER TABLE participants DROP COLUMN is_settled")
    for table in ("participants", "conversations"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN ranked_at")
