"""The database takes connections and answers nothing, or drops those that it has."""

import uuid

import pytest

import settings
from db.engine.postgres import Connection
from tests.applications import served
from tests.factories import make_user
from tests.faults.deployments import Deployment
from tests.faults.oracle import HONEST_WITHIN, Oracle
from tests.faults.readers import Follower
from tests.pages import parsed
from tests.servers import disconnect_everybody
from tests.waiting import within


async def test_a_frozen_postgresql(deployment: Deployment, oracle: Oracle) -> None:
    """Sends are refused honestly and in time; streams stay, and go on where they were."""
    assert deployment.postgresql is not None
    await oracle.follow("ws", "sse")
    async with oracle.writing("htmx", "form", "htmx", "form"):
        await oracle.more_acknowledged(15)
        with deployment.postgresql.frozen():
            for _ in range(8):
                await oracle.answered("503")
        await oracle.more_acknowledged(15)
    assert oracle.answers_in_time()
    assert (await oracle.verdict()).holds()
    for reader in oracle.readers:
        assert isinstance(reader, Follower)
        assert reader.connections == 1


async def test_a_frozen_postgresql_keeps_what_was_written(
    deployment: Deployment, oracle: Oracle
) -> None:
    assert deployment.postgresql is not None
    person, client_id = oracle.people[0], str(uuid.uuid4())
    path = f"/chat/{oracle.conversation_id}/messages/"
    with deployment.postgresql.frozen(), within(HONEST_WITHIN):
        answer = await person.post(path, client_id=client_id, body="Not to be lost")
    assert answer.status_code == 503
    form = parsed(answer.text)
    assert "Not to be lost" in str(form.find("textarea"))
    assert client_id in str(form.find("form"))


@pytest.mark.parametrize("times", [1, 2])
async def test_connections_that_are_dropped_when_they_are_needed(
    times: int, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers of a page notice nothing."""
    acquire = Connection.acquire
    left = 0

    async def acquire_what_is_lost(connection: Connection) -> None:
        nonlocal left
        await acquire(connection)
        if left:
            disconnect_everybody(postgresql_url)
            left -= 1

    monkeypatch.setattr(settings, "DATABASE_URL", postgresql_url)
    async with served() as site:
        visitor = await site.visitor(await make_user("ada"))
        monkeypatch.setattr(Connection, "acquire", acquire_what_is_lost)
        for path in ("/", "/people/", "/account/"):
            left = times
            assert (await visitor.get(path)).status_code == 200
            assert not left
