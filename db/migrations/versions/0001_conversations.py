"""Users, their sessions, and the log of each conversation."""

from alembic import op

revision = "0001"
down_revision = None

# Times are milliseconds since 1970 in UTC; ids are random, so an address reveals nothing.
TABLES = (
    """
    CREATE TABLE users (
        id BIGINT PRIMARY KEY,
        username TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        name_folded TEXT NOT NULL,
        password TEXT NOT NULL,
        created_at BIGINT NOT NULL
    )
    """,
    """
    CREATE TABLE sessions (
        token_hash TEXT PRIMARY KEY,
        user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL
    )
    """,
    "CREATE INDEX sessions_of_user ON sessions (user_id)",
    """
    CREATE TABLE login_attempts (
        username TEXT NOT NULL,
        address TEXT NOT NULL,
        attempted_at BIGINT NOT NULL
    )
    """,
    "CREATE INDEX login_attempts_of ON login_attempts (address, username, attempted_at)",
    # revision counts the durable changes of a conversation, in the order of their commits.
    """
    CREATE TABLE conversations (
        id BIGINT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('direct', 'group', 'self')),
        pair TEXT UNIQUE,
        title TEXT NOT NULL,
        creator_id BIGINT NOT NULL REFERENCES users (id),
        revision BIGINT NOT NULL DEFAULT 0,
        last_position BIGINT NOT NULL DEFAULT 0,
        active_at BIGINT NOT NULL
    )
    """,
    """
    CREATE TABLE participants (
        user_id BIGINT NOT NULL REFERENCES users (id),
        conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        read_position BIGINT NOT NULL DEFAULT 0,
        PRIMARY KEY (user_id, conversation_id)
    )
    """,
    "CREATE INDEX participants_of_conversation ON participants (conversation_id, user_id)",
    # position is the revision at which a message was created, revision that of its last change.
    """
    CREATE TABLE messages (
        conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        position BIGINT NOT NULL,
        previous_position BIGINT,
        revision BIGINT NOT NULL,
        author_id BIGINT NOT NULL REFERENCES users (id),
        client_id TEXT NOT NULL,
        body TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (conversation_id, position),
        UNIQUE (conversation_id, revision),
        UNIQUE (author_id, client_id)
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "messages",
        "participants",
        "conversations",
        "login_attempts",
        "sessions",
        "users",
    ):
        op.execute(f"DROP TABLE {table}")
