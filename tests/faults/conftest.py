"""What stands until the last test, whatever happens to it meanwhile."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.faults import deployments
from tests.faults.deployments import Deployment
from tests.faults.oracle import Oracle


@pytest.fixture(scope="session")
def lasting_deployment() -> Iterator[Deployment]:
    with deployments.deployment() as deployment:
        yield deployment


@pytest.fixture
def deployment(lasting_deployment: Deployment) -> Deployment:
    """Two workers on PostgreSQL and Redis, all of which a test may kill."""
    for server in (lasting_deployment.postgresql, lasting_deployment.redis, lasting_deployment.app):
        assert server is not None
        server.start()
    return lasting_deployment


@pytest.fixture
async def oracle(deployment: Deployment) -> AsyncIterator[Oracle]:
    async with Oracle(deployment.app.url, deployment.database_url) as oracle:
        yield oracle
