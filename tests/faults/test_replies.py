"""The server has stored it, and the answer never comes; or the same comes again and again."""

import asyncio
import random
import uuid

from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.faults.deployments import Deployment
from tests.faults.oracle import Oracle, words
from tests.faults.writers import ByPost

ROUNDS = 20
SENDS = "/messages/"


class ForgetfulRoad(FaultyProxy):
    """Loses the answer to about half of the sends, at random."""

    def fault(self, request: str) -> Fault | None:
        lose = SENDS in request and random.random() < 0.5  # noqa: S311
        return Fault.LOST if lose else None


async def test_lost_replies(deployment: Deployment, oracle: Oracle) -> None:
    await oracle.follow("ws", "sse", "poll")
    async with ForgetfulRoad(deployment.app.url) as proxy:
        async with oracle.writing("htmx", "form", "htmx", url=proxy.url):
            await oracle.more_acknowledged(40)
        assert oracle.answers["RemoteProtocolError"] + oracle.answers["ReadError"] >= 10
    assert (await oracle.verdict()).holds(within=5)


async def test_the_same_message_sent_thrice_at_once_and_once_more(oracle: Oracle) -> None:
    """Every answer is the same; with other words it is refused."""
    await oracle.follow("ws", "sse", "poll")
    writer = ByPost(oracle.people[0], oracle.conversation_id, oracle.answers, oracle.waits)
    for _ in range(ROUNDS):
        client_id = str(uuid.uuid4())
        body = words(client_id)
        answers = await asyncio.gather(*(ask(writer, client_id, body) for _ in range(3)))
        await oracle.note(client_id)
        answers.append(await ask(writer, client_id, body))
        assert len(set(answers)) == 1, answers
        assert "another text" in await ask(writer, client_id, f"{body} again", 422)
    assert (await oracle.verdict()).holds(within=5)
    assert len(oracle.acknowledged) == ROUNDS


async def ask(writer: ByPost, client_id: str, body: str, status: int = 200) -> str:
    """What is answered in the end: who is asked to wait a moment does."""
    while True:
        answer = await writer.request(client_id, body, **{"HX-Request": "true"})
        assert answer is not None
        if answer.status_code != 429:
            break
        await asyncio.sleep(int(answer.headers["Retry-After"]))
    assert answer.status_code == status
    return answer.text
