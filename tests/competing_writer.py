"""A second connection to the open database: writes and locks as another process would."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from db import engine
from tests.waiting import eventually

WAITING = """
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""

LOOK_AGAIN = "SELECT pg_stat_clear_snapshot()"
"""A transaction keeps the snapshot of its first look at the activity."""

MESSAGE = """
    INSERT INTO messages (
        conversation_id, position, previous_position, revision,
        author_id, client_id, body, created_at
    )
    SELECT id, last_position + 1, nullif(last_position, 0), revision + 1, $2, $3, $4, active_at
    FROM conversations WHERE id = $1
"""
ADVANCE = """
    UPDATE conversations SET revision = revision + 1, last_position = last_position + 1
    WHERE id = $1
"""


class Rival:
    """On PostgreSQL: in SQLite one transaction locks everything."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def write(self, conversation_id: int, author_id: int, client_id: str, body: str) -> None:
        """Append a message to a log."""
        await self.connection.execute(MESSAGE, conversation_id, author_id, client_id, body)
        await self.connection.execute(ADVANCE, conversation_id)

    async def waited_for_by(self, work: asyncio.Future[Any]) -> None:
        """Return once `work` waits for a lock that this connection holds."""

        async def waits() -> bool:
            assert not work.done()
            await self.connection.execute(LOOK_AGAIN)
            return bool(await self.connection.fetch(WAITING))

        await eventually(waits)


@pytest.fixture
async def rival(postgresql_url: str) -> AsyncIterator[Rival]:
    await engine.connect(postgresql_url, 5, 20)
    connection = await asyncpg.connect(postgresql_url)
    yield Rival(connection)
    await connection.close()
    await engine.disconnect()
