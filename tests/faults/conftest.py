"""What stands until the last test, whatever happens to it meanwhile."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.faults import town as towns
from tests.faults.oracle import Oracle
from tests.faults.town import Town


@pytest.fixture(scope="session")
def lasting_town() -> Iterator[Town]:
    with towns.town() as town:
        yield town


@pytest.fixture
def town(lasting_town: Town) -> Town:
    """Two workers on PostgreSQL and Redis, all of which a test may kill."""
    for server in (lasting_town.postgresql, lasting_town.redis, lasting_town.app):
        assert server is not None
        server.start()
    return lasting_town


@pytest.fixture
async def oracle(town: Town) -> AsyncIterator[Oracle]:
    async with Oracle(town.app.url, town.database_url) as oracle:
        yield oracle
