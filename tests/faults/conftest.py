"""What stands until the last test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.faults import town as towns
from tests.faults.oracle import Oracle
from tests.faults.town import Town


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """Two workers on PostgreSQL and Redis, all of which a test may kill and has to start again."""
    with towns.town() as town:
        yield town


@pytest.fixture
async def oracle(town: Town) -> AsyncIterator[Oracle]:
    async with Oracle(town.app.url, town.database_url) as oracle:
        yield oracle
