"""Storing changes: revisions in order and without gaps, beside other processes that write."""

import asyncio
import uuid
from dataclasses import dataclass

import pytest

from db import engine, messages
from db.engine import Conflict, Unavailable
from db.engine.script import Script
from db.engine.statement import Statement
from db.log.change import Change, Place, Refusal
from db.log.commit import Stored, commit
from db.log.revisions import Logs
from db.messages import Message, Send
from db.users import User
from tests.competing_writer import Rival
from tests.factories import make_conversation, make_message, make_user


@dataclass(frozen=True, slots=True)
class Shout(Change):
    """Puts a message in capitals: a change of what is there."""

    position: int

    def store(self, logs: Logs) -> Script[Place | Refusal]:
        place = (self.conversation_id, self.position)
        if place not in (yield from messages.at([place])):
            return Refusal.NO_MESSAGE
        yield Statement(
            """
            UPDATE messages SET body = upper(body)
            WHERE conversation_id = :conversation_id AND position = :position
            """,
            {"conversation_id": self.conversation_id, "position": self.position},
        )
        logs.touch(place)
        return place


def send(author: User, id: int, body: str, client_id: str | None = None) -> Send:
    return Send(id, author.id, client_id or str(uuid.uuid4()), body, 0)


async def bodies(id: int) -> list[str]:
    return [message.body for message in await messages.after(id, 0, 100)]


def message(outcome: Stored | Refusal) -> Message:
    assert isinstance(outcome, Stored), outcome
    return outcome.message


def revisions(outcome: Stored | Refusal) -> tuple[int | None, int]:
    assert isinstance(outcome, Stored), outcome
    return outcome.previous_revision, outcome.message.revision


async def test_a_message_stands_behind_what_another_process_has_just_written(rival: Rival) -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob], active_at=0)
    tea = await make_conversation([ada, bob], "Tea", active_at=0)
    await make_message(ada, id, "First", created_at=0)
    async with rival.connection.transaction():
        await rival.write(id, bob.id, str(uuid.uuid4()), "Second")
        batch = [send(ada, id, "Third"), send(ada, tea, "Other"), send(bob, id, "Fourth")]
        committing = asyncio.ensure_future(commit(batch))
        await rival.waited_for_by(committing)
    third, other, fourth = map(message, await committing)
    assert (third.position, third.previous_author_id) == (3, bob.id)
    assert (fourth.position, fourth.previous_author_id) == (4, ada.id)
    assert other.position == 1
    assert await bodies(id) == ["First", "Second", "Third", "Fourth"]


async def test_a_client_id_that_another_process_stores_meanwhile_is_a_repeat(rival: Rival) -> None:
    ada = await make_user()
    id, tea = await make_conversation([ada]), await make_conversation([ada], "Tea")
    client_id = str(uuid.uuid4())
    async with rival.connection.transaction():
        await rival.connection.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", id)
        batch = [
            send(ada, id, "First", client_id),
            send(ada, id, "Second", client_id),
            send(ada, tea, "Other"),
        ]
        committing = asyncio.ensure_future(commit(batch))
        await rival.waited_for_by(committing)
        await rival.write(id, ada.id, client_id, "First")
    again, second, other = await committing
    assert message(again).body == "First"
    assert second is Refusal.USED_FOR_OTHER_TEXT
    assert revisions(again) == (None, 1)
    assert revisions(other) == (0, 1)
    assert await bodies(id) == ["First"]


async def test_a_client_id_that_another_process_stores_elsewhere_is_refused(rival: Rival) -> None:
    """The unique index says so, not the lock of the conversation."""
    ada = await make_user()
    id, tea = await make_conversation([ada]), await make_conversation([ada], "Tea")
    client_id = str(uuid.uuid4())
    async with rival.connection.transaction():
        await rival.write(tea, ada.id, client_id, "First")
        batch = [send(ada, id, "Again", client_id), send(ada, id, "Other")]
        committing = asyncio.ensure_future(commit(batch))
        await rival.waited_for_by(committing)
    again, other = await committing
    assert again is Refusal.USED_ELSEWHERE
    assert message(other).position == 1


@pytest.mark.usefixtures("database")
async def test_a_client_id_that_is_in_a_batch_twice_is_stored_once() -> None:
    ada, bob = await make_user(), await make_user()
    id, tea = await make_conversation([ada, bob]), await make_conversation([bob], "Tea")
    client_id = str(uuid.uuid4())
    refused, first, second, third, other, fourth = await commit(
        [
            send(ada, tea, "No part in it", client_id),
            send(ada, id, "First", client_id),
            send(bob, id, "Second", client_id),
            send(ada, id, "First", client_id),
            send(ada, id, "Third", client_id),
            send(ada, id, "Fourth"),
        ]
    )
    assert refused is Refusal.NOT_A_PARTICIPANT
    assert message(third) == message(first)
    assert other is Refusal.USED_FOR_OTHER_TEXT
    assert message(fourth).previous_author_id == bob.id
    assert await bodies(id) == ["First", "Second", "Fourth"]
    again, other = await commit(
        [send(ada, id, "First", client_id), send(ada, id, "Again", client_id)]
    )
    assert again == Stored(message(first), None)
    assert other is Refusal.USED_FOR_OTHER_TEXT
    assert revisions(second) == (1, 2)
    assert await commit([send(bob, tea, "Again", client_id)]) == [Refusal.USED_ELSEWHERE]


@pytest.mark.usefixtures("database")
async def test_changes_of_all_kinds_share_one_row_of_revisions() -> None:
    ada, bob = await make_user(), await make_user()
    id, tea = await make_conversation([ada, bob]), await make_conversation([bob], "Tea")
    await make_message(ada, id, "first")
    outcomes = await commit(
        [
            send(bob, id, "second"),
            Shout(id, bob.id, 1),
            Shout(id, bob.id, 99),
            send(ada, id, "third"),
            Shout(tea, ada.id, 1),
            send(bob, tea, "elsewhere"),
        ]
    )
    second, shout, missing, third, foreign, elsewhere = outcomes
    assert [revisions(each) for each in (second, shout, third)] == [(1, 2), (2, 3), (3, 4)]
    assert missing is Refusal.NO_MESSAGE
    assert foreign is Refusal.NOT_A_PARTICIPANT
    assert revisions(elsewhere) == (0, 1)
    assert [(m.position, m.revision, m.body) for m in await messages.after(id, 0, 9)] == [
        (1, 3, "FIRST"),
        (2, 2, "second"),
        (4, 4, "third"),
    ]
    changed = (await messages.list_changed([(id, 1)]))[id, 1]
    assert [m.revision for m in changed] == [2, 3, 4]


@pytest.mark.usefixtures("database")
async def test_a_message_that_changes_twice_at_once_leaves_no_gap() -> None:
    ada = await make_user()
    id = await make_conversation([ada])
    await make_message(ada, id, "first")
    first, second, sent = await commit(
        [Shout(id, ada.id, 1), Shout(id, ada.id, 1), send(ada, id, "x")]
    )
    assert first == second
    assert revisions(first) == (1, 3)
    assert revisions(sent) == (3, 4)


@pytest.mark.usefixtures("database")
async def test_a_commit_gives_up_when_others_keep_writing_to_its_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def taken(script: Script[object], changes: int) -> object:
        raise Conflict

    ada = await make_user()
    id = await make_conversation([ada])
    monkeypatch.setattr(engine, "write", taken)
    with pytest.raises(Unavailable):
        await commit([send(ada, id, "Hello")])
    assert await bodies(id) == []
