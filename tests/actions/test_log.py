"""Writing to the log beside other processes that write to it."""

import asyncio
import uuid

import pytest

from actions import log
from actions.errors import Invalid
from actions.log import Outcome, Repeat
from db import engine, messages
from db import log as stored
from db.engine import Unavailable
from db.engine.script import Script
from db.engine.statement import Statement
from db.log import Refusal
from db.messages import Message, Sent
from db.users import User
from tests.factories import make_conversation, make_message, make_user
from tests.rival import Rival


def said(author: User, id: int, body: str, client_id: str | None = None) -> Sent:
    return Sent(id, author.id, client_id or str(uuid.uuid4()), body, 0)


async def bodies(id: int) -> list[str]:
    return [message.body for message in await messages.after(id, 0, 100)]


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages each transaction was about."""
    sizes: list[int] = []
    monkeypatch.setattr(engine, "on_commit", lambda seconds, changes: sizes.append(changes))
    return sizes


async def test_what_is_sent_while_another_process_writes_is_put_behind_it(
    rival: Rival, commits: list[int]
) -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob], active_at=0)
    tea = await make_conversation([ada, bob], "Tea", active_at=0)
    await make_message(ada, id, "First", created_at=0)
    commits.clear()
    async with rival.connection.transaction():
        await rival.write(id, bob.id, str(uuid.uuid4()), "Second")
        batch = [said(ada, id, "Third"), said(ada, tea, "Other"), said(bob, id, "Fourth")]
        appending = asyncio.ensure_future(log.append(batch))
        await rival.waited_for_by(appending)
    third, other, fourth = await appending
    assert isinstance(third, Message)
    assert isinstance(fourth, Message)
    assert isinstance(other, Message)
    assert (third.position, third.previous_author_id) == (3, bob.id)
    assert (fourth.position, fourth.previous_author_id) == (4, ada.id)
    assert other.position == 1
    assert await bodies(id) == ["First", "Second", "Third", "Fourth"]
    assert commits == [3, 2], "two statements, and no transaction that locks"


async def test_a_client_id_that_another_process_stores_at_the_same_moment_is_a_repeat(
    rival: Rival,
) -> None:
    ada = await make_user()
    id, tea = await make_conversation([ada]), await make_conversation([ada], "Tea")
    client_id = str(uuid.uuid4())
    async with rival.connection.transaction():
        await rival.connection.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", id)
        appending = asyncio.ensure_future(
            log.append([said(ada, id, "Again", client_id), said(ada, tea, "Other")])
        )
        await rival.waited_for_by(appending)
        await rival.write(id, ada.id, client_id, "First")
    again, other = await appending
    assert isinstance(again, Repeat)
    assert again.message.body == "First"
    assert isinstance(other, Message)
    assert await bodies(id) == ["First"]


@pytest.mark.usefixtures("database")
async def test_a_client_id_that_is_there_twice_is_stored_once() -> None:
    ada, bob = await make_user(), await make_user()
    id, tea = await make_conversation([ada, bob]), await make_conversation([bob], "Tea")
    client_id = str(uuid.uuid4())
    batch = [
        said(ada, tea, "No part in it", client_id),
        said(ada, id, "First", client_id),
        said(bob, id, "Second", client_id),
        said(ada, id, "Third", client_id),
        said(ada, id, "Fourth"),
    ]
    refused, first, second, third, fourth = await log.append(batch)
    assert isinstance(refused, Invalid)
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert third == Repeat(first)
    assert isinstance(fourth, Message)
    assert fourth.previous_author_id == bob.id
    assert await bodies(id) == ["First", "Second", "Fourth"]
    assert await log.append([said(ada, id, "Again", client_id)]) == [Repeat(first)]
    [elsewhere] = await log.append([said(bob, tea, "Again", client_id)])
    assert isinstance(elsewhere, Invalid), "the author has used it in another conversation"


@pytest.mark.usefixtures("database")
async def test_a_log_to_which_others_keep_writing_is_given_up_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(sent: list[Sent]) -> Script[list[Message | Refusal]]:
        yield Statement("SELECT 1", {})
        return [Refusal.OVERTAKEN for _ in sent]

    ada = await make_user()
    id = await make_conversation([ada], active_at=0)
    monkeypatch.setattr(stored, "add", never)
    monkeypatch.setattr(stored, "add_locked", never)
    [outcome] = await log.append([said(ada, id, "Hello")])
    assert isinstance(outcome, Unavailable)
    assert await bodies(id) == []


@pytest.mark.usefixtures("database")
async def test_what_is_stored_is_acknowledged_where_the_rest_cannot_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = await make_user()
    id = await make_conversation([ada], active_at=0)

    async def some(batch: list[Sent]) -> list[Outcome | Refusal]:
        [stored] = await commit(batch[:1])
        return [stored, Refusal.HELD_BACK]

    async def away(batch: list[Sent]) -> list[Outcome]:
        raise Unavailable

    commit = log.commit
    monkeypatch.setattr(log, "commit", some)
    monkeypatch.setattr(log, "commit_locked", away)
    first, second = await log.append([said(ada, id, "First"), said(ada, id, "Second")])
    assert isinstance(first, Message)
    assert isinstance(second, Unavailable)
