"""`databases` 0.9.0 with its leaks closed: a connection is given back whatever happens.

tests/test_private_names.py names the private parts of `databases` that this and the two backends
stand on.
"""

from typing import Any, TypeVar, cast

import anyio
from databases import core
from databases.interfaces import TransactionBackend

from db.engine.deadline import enforced
from db.engine.script import Script
from db.engine.statement import Row, Statement

T = TypeVar("T")


class Database(core.Database):
    SUPPORTED_BACKENDS = {  # noqa: RUF012  # databases declares it so
        "postgresql": "db.engine.postgres:Backend",
        "sqlite": "db.engine.sqlite:Backend",
    }

    def connection(self) -> "Connection":
        connection = self._connection
        if not isinstance(connection, Connection):
            connection = Connection(self, self._backend)
            self._connection = connection
        return connection

    def transaction(self, *, force_rollback: bool = False, **options: Any) -> core.Transaction:
        return Transaction(self.connection, force_rollback, **options)

    def is_in_transaction(self) -> bool:
        """Whether the current task is in one."""
        held = self._connection
        return held is not None and bool(held._transaction_stack)

    async def write(self, script: Script[T]) -> tuple[T, bool]:
        """What a script returns, and whether that is committed: in the task's transaction it is
        not."""
        if self.is_in_transaction():
            return await cast(Any, self.connection()._connection).run(script), False
        return await cast(Any, self._backend).write(script), True

    async def fetch_within(self, seconds: float, query: Statement) -> list[Row]:
        async with self.connection() as connection:
            backend = cast(Any, connection._connection)
            return cast(list[Row], await backend.fetch_within(seconds, query))

    async def erase(self) -> bool:
        return cast(bool, await cast(Any, self._backend).erase())

    def pool_use(self) -> dict[str, int]:
        use: dict[str, int] = cast(Any, self._backend).pool_use()
        return use


class Connection(core.Connection):
    """Gives its connection back.

    The stock class skips that when an anyio cancel scope (Starlette's, sse-starlette's) is closing,
    or when the release itself fails, and the task can never query again.
    """

    @staticmethod
    def _build_query(query: Any, values: dict[str, object] | None = None) -> Any:
        return Statement(query, values or {})

    async def renew(self) -> None:
        """Swap the connection that is held, if any, for another."""
        async with self._connection_lock:
            if self._connection_counter:
                await self._connection.release()
                await self._connection.acquire()

    async def __aexit__(self, *error: Any) -> None:
        with anyio.CancelScope(shield=True):
            async with self._connection_lock:
                self._connection_counter -= 1
                if self._connection_counter == 0:
                    self._database._connection = None
                    await self._connection.release()


class Transaction(core.Transaction):
    """Gives its connection back even when BEGIN or COMMIT fails or is cancelled half-way."""

    _running: TransactionBackend

    async def start(self) -> "Transaction":
        async with enforced():
            await self._begin(self._connection)
        return self

    async def _begin(self, connection: core.Connection) -> None:
        await connection.__aenter__()
        try:
            async with connection._transaction_lock:
                self._running = connection._connection.transaction()
                await self._running.start(
                    is_root=not connection._transaction_stack, extra_options=self._extra_options
                )
                connection._transaction_stack.append(self)
        except BaseException:
            await connection.__aexit__()
            raise

    async def commit(self) -> None:
        async with enforced():
            await self._finish(self._running.commit)

    async def rollback(self) -> None:
        await self._finish(self._running.rollback)

    async def _finish(self, end: Any) -> None:
        connection = self._connection
        with anyio.CancelScope(shield=True):
            async with connection._transaction_lock:
                connection._transaction_stack.pop()
                try:
                    await end()
                finally:
                    await connection.__aexit__()
