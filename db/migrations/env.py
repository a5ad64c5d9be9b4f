"""Alembic's environment: one connection, one transaction, one migrator at a time."""

import asyncio
from typing import Any

import sqlalchemy
from alembic import context
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCK = 5_278_553_390  # unique among the programs that use this database


def run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({LOCK})"))
        connection.commit()
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


async def run_on_postgresql(url: str) -> None:
    engine = create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:", 1), poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


def run_on_sqlite(url: str) -> None:
    engine = sqlalchemy.create_engine(url, poolclass=NullPool)
    # The driver's own transactions exclude schema changes: a killed migration would be half done.
    sqlalchemy.event.listen(engine, "connect", use_own_transactions)
    sqlalchemy.event.listen(engine, "begin", begin)
    with engine.connect() as connection:
        run(connection)


def use_own_transactions(connection: Any, record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")


def begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


url = context.config.attributes["url"]
if url.startswith("sqlite"):
    run_on_sqlite(url)
else:
    asyncio.run(run_on_postgresql(url))
