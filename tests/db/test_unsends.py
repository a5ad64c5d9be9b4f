"""Unsending: what the log, the unread count and the files of the database hold afterwards."""

import random
import sqlite3
from pathlib import Path

import pytest

from actions import erasures, search_index
from db import engine, inbox, messages, participants, unread
from db.backup import archive
from db.backup.store import snapshot
from db.edits import Edit
from db.log.change import Refusal
from db.log.commit import Stored, commit
from db.messages import Send
from db.search import fts5
from db.search.hits import LAST, Term, find
from db.unsends import ROOM, Unsend
from db.users import User
from tests.factories import make_conversation, make_message, make_messages, make_user, new_id

NOON = 1_795_780_800_000
HOUR = 3_600_000


async def unsend(author: User, chat: int, position: int, at: int = NOON) -> Stored | Refusal:
    [outcome] = await commit([Unsend(chat, author.id, position, at)])
    return outcome


async def test_the_place_stays_and_the_text_goes(ada: User, chat: int) -> None:
    await make_messages(ada, chat, 3)
    outcome = await unsend(ada, chat, 2)
    assert isinstance(outcome, Stored)
    message = outcome.message
    assert (message.position, message.revision, outcome.previous_revision) == (2, 4, 3)
    assert (message.body, message.unsent_at) == ("", NOON)
    log = await messages.after(chat, 0, 9)
    assert [(m.position, m.body) for m in log] == [(1, "Message 1"), (2, ""), (3, "Message 3")]
    assert (await messages.list_changed([(chat, 3)]))[chat, 3] == [message]


async def test_a_repeat_changes_nothing(ada: User, chat: int) -> None:
    await make_message(ada, chat)
    first, again = await commit([Unsend(chat, ada.id, 1, NOON), Unsend(chat, ada.id, 1, NOON + 1)])
    assert first == again
    later = await unsend(ada, chat, 1, NOON + 2)
    assert isinstance(later, Stored)
    assert (later.previous_revision, later.message.revision, later.message.unsent_at) == (
        None,
        2,
        NOON,
    )


async def test_only_ones_own_message_can_be_unsent(ada: User, bob: User, chat: int) -> None:
    before = await make_message(ada, chat)
    assert await unsend(bob, chat, 1) is Refusal.NOT_THE_AUTHOR
    assert await unsend(ada, chat, 2) is Refusal.NO_MESSAGE
    assert await unsend(await make_user(), chat, 1) is Refusal.NOT_A_PARTICIPANT
    assert await messages.after(chat, 0, 9) == [before]


async def test_what_is_sent_again_after_it_was_unsent_is_refused(ada: User, chat: int) -> None:
    """It is neither acknowledged, since it is not stored, nor stored unasked."""
    client_id = new_id()
    await make_message(ada, chat, "Hello", client_id)
    await unsend(ada, chat, 1)
    for body in ("Hello", "Other words"):
        again = await commit([Send(chat, ada.id, client_id, body, NOON)])
        assert again == [Refusal.USED_AND_UNSENT]


async def test_a_message_that_is_unsent_in_the_batch_that_stores_it_has_its_last_revision(
    ada: User, chat: int
) -> None:
    sent, unsent, other = await commit(
        [
            Send(chat, ada.id, new_id(), "Hello", NOON),
            Unsend(chat, ada.id, 1, NOON),
            Send(chat, ada.id, new_id(), "Other", NOON),
        ]
    )
    assert isinstance(sent, Stored)
    assert isinstance(other, Stored)
    assert sent == unsent
    assert (sent.message.revision, sent.previous_revision) == (2, 0)
    assert (other.message.position, other.previous_revision) == (3, 2)
    changed = (await messages.list_changed([(chat, 0)]))[chat, 0]
    assert [(m.position, m.revision, m.body) for m in changed] == [(1, 2, ""), (3, 3, "Other")]


async def test_an_unsent_message_is_not_unread(ada: User, bob: User, chat: int) -> None:
    await make_messages(bob, chat, 3)
    await unsend(bob, chat, 2)
    assert await unread.count(ada.id) == 2


@pytest.mark.parametrize("age", [0, 30 * HOUR])
async def test_a_line_of_an_inbox_says_it_however_old_the_conversation(
    ada: User, bob: User, age: int
) -> None:
    """A stream that was told nothing looks at the mark."""
    chat = await make_conversation([ada, bob], active_at=NOON - age)
    await make_message(bob, chat, "Hello", created_at=NOON - age)
    await make_message(bob, await make_conversation([ada, bob], "Tea", NOON), created_at=NOON)
    before = await inbox.list_marks([ada.id])
    await unsend(bob, chat, 1)
    assert await inbox.list_marks([ada.id]) != before
    [line] = (await inbox.list_lines([(ada.id, chat)])).values()
    assert (line.body, line.unsent_at, line.active_at) == ("", NOON, NOON - age)
    entries, _, _ = await inbox.list_entries(ada.id, None, 9)
    assert line in entries


# In the database's files


def word(n: int) -> str:
    return f"wombat{n:05}"


def found_in(data: bytes) -> set[int]:
    return {n for n in range(1, 401) if word(n).encode() in data}


async def erase() -> None:
    """What the background does, without its pauses."""
    search_index.unsent()
    is_first = True
    while await fts5.merge(is_first=is_first):
        is_first = False
    erasures.request()
    await erasures.erase_if_requested()


def held(file: Path) -> bytes:
    """What a SQLite database's files hold."""
    return file.read_bytes() + file.with_name(f"{file.name}-wal").read_bytes()


async def fill(author: User, chat: int) -> None:
    """400 messages, each with a word of its own, of all sizes that pages of a file treat apart."""
    dice = random.Random(7)  # noqa: S311
    sizes = [dice.choice([0, 10, 100, 1000, 4000, 7900]) for _ in range(400)]
    for n, size in enumerate(sizes, start=1):
        await make_message(author, chat, f"{word(n)} {dice.randbytes(size // 2 + 1).hex()}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_of_an_unsent_text_stays_in_the_files(
    database: str, ada: User, chat: int
) -> None:
    file = Path(database.removeprefix("sqlite:///"))
    await fill(ada, chat)
    await search_index.index_all()
    assert found_in(held(file)) == set(range(1, 401))
    for n in range(1, 401, 2):
        await unsend(ada, chat, n)
    await erase()
    assert found_in(held(file)) == set(range(2, 401, 2))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_of_an_unsent_word_stays_in_the_index(
    database: str, ada: User, bob: User, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it came to be: by small and large parts that were merged, with edits in between."""
    file = Path(database.removeprefix("sqlite:///"))
    dice = random.Random(seed)  # noqa: S311
    monkeypatch.setattr(search_index, "BATCH", 50)
    chats = [await make_conversation([ada, bob], f"Group {n}") for n in range(5)]
    places: dict[int, tuple[int, int]] = {}
    for n in range(1, 401):
        other = " ".join(dice.choices(["tide", "boat", "sail", "rope", "cover"], k=8))
        sent = await make_message(
            ada, dice.choice(chats), f"{word(n)} {other}", created_at=NOON - n
        )
        places[n] = sent.conversation_id, sent.position
        if dice.random() < 0.1:
            await search_index.index_all()
        if dice.random() < 0.2:
            chat, position = places[dice.randint(1, n)]
            [message] = await messages.after(chat, position - 1, 1)
            body = f"{message.body.split()[0]} {dice.choice(['tide', 'boat'])}"
            await commit([Edit(chat, ada.id, position, body, 2**53, NOON)])
    await search_index.index_all()
    unsent = set(dice.sample(range(1, 401), 200))
    for n in unsent:
        await unsend(ada, *places[n])
    await erase()
    assert found_in(held(file)) == set(range(1, 401)) - unsent
    ids = await participants.list_conversation_ids(ada.id)
    for n in range(1, 401):
        page = await find(ada.id, ids, [Term(((word(n),),))], 0, LAST, 10)
        assert len(page.messages) == (n not in unsent)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_of_an_edited_and_unsent_text_stays_in_the_files(
    database: str, ada: User, chat: int
) -> None:
    """Edits make texts grow and shrink, and each unsent one leaves room among the others."""
    file = Path(database.removeprefix("sqlite:///"))
    dice = random.Random(7)  # noqa: S311
    places: dict[int, int] = {}
    for n in range(1, 401):
        sent = await make_message(ada, chat, f"{word(n)} {'o' * dice.choice([1, 50, 500, 5000])}")
        places[n] = sent.position
        if n % 2 == 0:
            other = dice.randint(1, n)
            body = f"{word(other)} {'u' * dice.choice([1, 50, 500, 5000])}"
            await commit([Edit(chat, ada.id, places[other], body, 2**53, NOON)])
        if n % 30 == 0:
            await search_index.index_all()
    unsent = set(dice.sample(range(1, 401), 200))
    for n in sorted(unsent):
        await unsend(ada, chat, places[n])
    await erase()
    assert found_in(held(file)) == set(range(1, 401)) - unsent


async def test_nothing_of_an_unsent_text_is_in_a_backup(
    database: str, ada: User, chat: int, tmp_path: Path
) -> None:
    await make_message(ada, chat, word(1))
    await make_message(ada, chat, word(2))
    await make_message(ada, chat, "Answer", reply_to=1)
    await commit([Edit(chat, ada.id, 1, word(3), 1, NOON)])
    await search_index.index_all()
    await unsend(ada, chat, 1)
    async with snapshot(database) as source:
        await archive.write(tmp_path / "backup", source, replace=False)
    lines = [
        line
        async for _, batches in archive.Archive(tmp_path / "backup").contents()
        async for batch in batches
        for line in batch
    ]
    assert found_in(b"\n".join(lines)) == {2}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_erasing_waits_for_another_program_that_still_reads_and_is_tried_again(
    database: str, ada: User, chat: int
) -> None:
    file = Path(database.removeprefix("sqlite:///"))
    await make_message(ada, chat, word(1))
    reading = sqlite3.connect(file, isolation_level=None)
    reading.execute("BEGIN")
    assert reading.execute("SELECT COUNT(*) FROM messages").fetchone() == (1,)
    await unsend(ada, chat, 1)
    assert await engine.erase() is False
    assert found_in(held(file)) == {1}
    erasures.request()
    await erasures.erase_if_requested()
    await make_message(ada, chat, "Writers go on")
    reading.execute("COMMIT")
    reading.close()
    await erasures.erase_if_requested()
    assert found_in(held(file)) == set()


async def test_rows_keep_their_size_when_their_texts_go(ada: User, chat: int) -> None:
    """Where it changes, SQLite may move others, and leave copies of them in the file."""
    await make_message(ada, chat, "Hällo wombat")
    await commit([Edit(chat, ada.id, 1, "Wömbat", 1, NOON)])
    await unsend(ada, chat, 1)
    rows = await engine.rows("SELECT body FROM messages UNION ALL SELECT body FROM versions")
    assert sorted(row["body"] for row in rows) == [" " * (13 - ROOM), " " * 7]
