"""The epoch of the logs: see db/conversations.py.

The previous version can go on serving meanwhile.
"""

import secrets

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("CREATE TABLE epoch (id BIGINT PRIMARY KEY, name TEXT NOT NULL)")
    op.execute(f"INSERT INTO epoch VALUES (1, '{secrets.token_hex(8)}')")


def downgrade() -> None:
    op.execute("DROP TABLE epoch")
