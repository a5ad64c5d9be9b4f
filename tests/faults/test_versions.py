"""Two versions serve at once, as during a rolling update, and no user notices."""

import asyncio
from pathlib import Path

from tests.applications import web_arguments
from tests.faults.deployments import Workers
from tests.faults.oracle import Oracle
from tests.servers import execute

TIERS = ("ws", "sse", "poll")
EXPANSION = (
    "ALTER TABLE messages ADD COLUMN expires_at BIGINT",
    "ALTER TABLE users ADD COLUMN pronouns TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE conversations ADD COLUMN topic TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE participants ADD COLUMN muted_until BIGINT",
    "ALTER TABLE sessions ADD COLUMN name TEXT",
    "CREATE TABLE polls (message_id BIGINT, question TEXT NOT NULL)",
    "CREATE INDEX CONCURRENTLY messages_by_time ON messages (created_at)",
)
"""What a migration may do while the version before it serves: it only adds."""


class Newer(Workers):
    def command(self) -> list[str | Path]:
        where = super().command()[1:]
        return [self.program, "-m", "tests.faults.newer_version", *web_arguments(), *where]


async def test_an_older_and_a_newer_version(postgresql_url: str, redis_url: str) -> None:
    """On one database, which is migrated meanwhile, and one broker: no send fails, and what either
    stores is with the readers of both at once, rather than with the next heartbeat."""
    environment = {"DATABASE_URL": postgresql_url, "REDIS_URL": redis_url}
    with Workers(1, **environment) as older, Newer(1, **environment) as newer:
        await asyncio.to_thread(older.start)
        await asyncio.to_thread(newer.start)
        async with Oracle(older.url, postgresql_url) as oracle:
            await oracle.follow(*TIERS)
            await oracle.follow(*TIERS, url=newer.url)
            async with oracle.writing(), oracle.writing(url=newer.url):
                await oracle.more_acknowledged(60)
                await asyncio.to_thread(execute, postgresql_url, *EXPANSION)
                await oracle.more_acknowledged(60)
            assert set(oracle.answers) == {"acknowledged"}
            assert (await oracle.verdict()).holds(within=5)
