"""Starting conversations."""

import asyncio

import pytest

from actions import conversations, sessions, users
from actions import participants as leaving
from actions.errors import Invalid
from db import conversations as stored
from db import inbox, participants
from db.conversations import Conversation
from db.users import User
from live import hub, publication
from tests.factories import PASSWORD, make_session, make_user, new_id

pytestmark = pytest.mark.usefixtures("live")


async def started(creator: User, *to: str, title: str = "") -> Conversation:
    id = await conversations.start(creator, list(to), title)
    conversation = await stored.get(id, creator.id)
    assert conversation is not None
    return conversation


async def errors(creator: User, *to: str, title: str = "") -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        await conversations.start(creator, list(to), title)
    assert (await inbox.list_entries(creator.id, None, 9))[0] == []
    return refusal.value.errors


async def test_the_same_two_people_always_get_the_same_one() -> None:
    ada, bob = await make_user("ada"), await make_user("bob", "Bob")
    first = await started(ada, "bob")
    assert (first.kind, first.title) == ("direct", "Bob")
    assert (await started(bob, "ada")).id == first.id
    assert (await started(ada, " @BOB,")).id == first.id
    assert (await started(ada, "ada, bob", "bob")).id == first.id
    assert (await participants.list_ids([first.id]))[first.id] == {ada.id, bob.id}


async def test_two_people_who_start_at_once_get_the_same_one() -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    starts = [(ada, "bob"), (bob, "ada")] * 4
    ids = await asyncio.gather(*(conversations.start(who, [to], "") for who, to in starts))
    assert len(set(ids)) == 1
    assert (await participants.list_ids([ids[0]]))[ids[0]] == {ada.id, bob.id}


async def test_a_conversation_with_oneself_is_a_note_to_self() -> None:
    ada = await make_user("ada")
    note = await started(ada, "ada")
    assert (note.kind, note.title) == ("self", conversations.NOTE_TO_SELF)
    assert (await started(ada, "ada", "ADA")).id == note.id
    assert await participants.list_ids([note.id]) == {note.id: {ada.id}}


async def test_several_people_make_a_new_group_each_time() -> None:
    ada, bob, cem = [await make_user(name) for name in ("ada", "bob", "cem")]
    first = await started(ada, "bob,cem")
    assert (first.kind, first.title) == ("group", "Ada, Bob, Cem")
    assert (await participants.list_ids([first.id]))[first.id] == {ada.id, bob.id, cem.id}
    assert (await started(ada, "bob", "cem")).id != first.id


async def test_the_same_form_sent_again_makes_no_other_group() -> None:
    ada, bob, _ = [await make_user(name) for name in ("ada", "bob", "cem")]
    client_id = new_id()

    async def started_by(creator: User, *to: str, title: str = "") -> int:
        return await conversations.start(creator, list(to), title, client_id)

    for form in ({"title": "Tea"}, {"title": ""}):
        ids = await asyncio.gather(*(started_by(ada, "bob", "cem", **form) for _ in range(3)))
        assert {await started_by(ada, "cem, bob", **form)} == set(ids)
    different = [
        await started_by(ada, "bob", "cem", title="Tea"),
        await started_by(ada, "bob", "cem"),
        await started_by(ada, "bob", title="Tea"),
        await started_by(ada, "bob", "cem", title="Cake"),
        await started_by(bob, "ada", "cem", title="Tea"),
    ]
    assert len(set(different)) == 5, "an edited form, or another person's, makes another group"


async def test_a_title_makes_a_group_of_any_size() -> None:
    ada, _ = await make_user("ada"), await make_user("bob")
    assert (await started(ada, "bob", title=" Tea\r\nat four ")).title == "Tea at four"
    assert (await started(ada, "ada", title="Mine")).kind == "group"
    assert (await started(ada, "bob", title="\u200b\ufe0f")).kind == "direct"
    assert (await started(ada, "bob", title="T\u202eea\u0301")).title == "Teá"
    assert (await started(ada, "bob", title="a" * 100)).title == "a" * 100


async def test_a_group_without_a_title_is_named_after_five_of_its_people() -> None:
    ada = await make_user("ada")
    names = ["bob", "cem", "dov", "eve", "fay"]
    for name in names:
        await make_user(name)
    assert (await started(ada, *names[:4])).title == "Ada, Bob, Cem, Dov, Eve"
    assert (await started(ada, *names)).title == "Ada, Bob, Cem, Dov, Eve, …"


async def test_the_title_of_a_group_without_one_follows_its_people() -> None:
    ada, bob, cem, dov = [await make_user(name) for name in ("ada", "bob", "cem", "dov")]
    group = await started(ada, "bob", "cem", "dov")

    async def title() -> str:
        lines = await inbox.list_lines([(ada.id, group.id)])
        seen = await stored.get(group.id, ada.id)
        assert seen is not None
        assert lines[ada.id, group.id].title == seen.title
        return seen.title

    assert await title() == "Ada, Bob, Cem, Dov"
    await users.rename(bob, "Zoë")
    assert await title() == "Ada, Cem, Dov, Zoë"
    await leaving.leave(cem, group)
    assert await title() == "Ada, Dov, Zoë"
    await leaving.remove(ada, group, dov.id)
    assert await title() == "Ada, Zoë"
    session = await sessions.find(await make_session(bob))
    assert session is not None
    await users.delete(session, PASSWORD)
    assert await title() == "Ada"


async def test_unknown_people_are_named() -> None:
    ada, _ = await make_user("ada"), await make_user("bob")
    assert await errors(ada, "eve") == {"to": "Nobody here is called eve."}
    assert await errors(ada, "eve, bob, @Mallory") == {
        "to": "Nobody here is called eve or mallory."
    }
    assert await errors(ada, "a\x00b\ud800") == {"to": "Nobody here is called ab\ufffd."}


@pytest.mark.parametrize("to", [[], [""], [" , ,\n"], ["@"]])
async def test_starting_a_conversation_requires_a_username(to: list[str]) -> None:
    assert await errors(await make_user(), *to) == {"to": "Type at least one username."}


async def test_too_many_people_are_refused() -> None:
    ada = await make_user("ada")
    names = [f"person.{n}" for n in range(conversations.PEOPLE + 1)]
    assert await errors(ada, *names) == {"to": "A group starts with at most 100 people."}
    assert (await errors(ada, *names[:-1]))["to"].startswith("Nobody here is called person.0 or")


async def test_a_title_that_is_too_long_is_refused() -> None:
    ada = await make_user("ada")
    assert await errors(ada, "ada", title="a" * 101) == {
        "title": "A group name has at most 100 characters. This one has 101."
    }


async def test_a_new_group_reaches_every_inbox_and_a_direct_one_its_creators() -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    with hub.subscribe(publication.ACTIVITY) as subscription:
        direct = await conversations.start(ada, ["bob"], "")
        assert await subscription.next(5) == [publication.activity(direct, ada.id)]
        await conversations.start(bob, ["ada"], "")
        group = await conversations.start(ada, ["bob"], "Tea")
        assert await subscription.next(5) == [publication.activity(group)]
