"""People and conversations to try Parley with: `python -m actions.demo` fills an empty database."""

import asyncio
import uuid

import db.messages
import db.users
import settings
from actions import changes, conversations, participants, users
from actions.clock import now
from db import engine
from db.messages import Send
from db.users import User

PASSWORD = "parley-demo"  # noqa: S105  # printed for everybody
PEOPLE = {
    "mira": "Mira Okafor",
    "jonas": "Jonas Lindqvist",
    "yuki": "Yuki Tanaka",
    "amal": "أمل حداد",
    "theo": "Theo",
}

MINUTE = 60_000

# Whom with (one name: direct; more: a group), its title, what was said: minutes ago, who, what.
CONVERSATIONS: list[tuple[list[str], str, list[tuple[int, str, str]]]] = [
    (
        ["mira", "jonas"],
        "",
        [
            (2 * 1440 + 95, "jonas", "Did the boat survive the storm?"),
            (2 * 1440 + 93, "mira", "She did. The cover did not."),
            (2 * 1440 + 92, "mira", "I found half of it in the neighbours' apple tree 🍎"),
            (2 * 1440 + 60, "jonas", "I have an old sail in the attic. Too big, but it cuts."),
            (1440 + 30, "mira", "You are a treasure. Saturday?"),
            (1440 + 12, "jonas", "Saturday. I'll bring the sail, you bring coffee."),
            (64, "jonas", "Tide table for Saturday: https://tides.example/harbour?day=saturday"),
            (63, "jonas", "High water at 10:40, so not before nine, please."),
            (7, "mira", "Nine it is."),
            (4, "jonas", "And scissors. Bring scissors."),
            (3, "jonas", "Big ones."),
        ],
    ),
    (
        ["yuki", "mira", "jonas", "theo"],
        "Book club",
        [
            (3 * 1440, "yuki", "Next up: “The Left Hand of Darkness”. Who has a copy to lend?"),
            (3 * 1440 - 8, "theo", "Me, if nobody minds the coffee rings."),
            (3 * 1440 - 9, "theo", "They start in chapter four."),
            (1440 + 700, "mira", "Halfway through. The ice! I had to put on a jumper to read on."),
            (1440 + 640, "jonas", "No spoilers, I'm at the prologue.\n(And have been for a week.)"),
            (140, "yuki", "Thursday, eight o'clock, my place?"),
            (133, "theo", "Yes"),
            (21, "jonas", "Yes, and I promise to be past the prologue."),
        ],
    ),
    (
        ["amal", "mira"],
        "",
        [
            (310, "amal", "مساء الخير ميرا! وصلت الصور، إنها رائعة."),
            (304, "mira", "شكراً! The light in the old town did all the work."),
            (296, "amal", "سأطبع صورة المرفأ بحجم كبير."),
        ],
    ),
    (
        ["theo", "mira"],
        "",
        [
            (4 * 1440, "theo", "How do I undo the last commit but keep the changes?"),
            (4 * 1440 - 3, "mira", "git reset --soft HEAD~1\n\nand then commit again when ready."),
            (4 * 1440 - 5, "theo", "I owe you a cake."),
        ],
    ),
    (
        ["mira"],
        "",
        [
            (5 * 1440, "mira", "Buy: rope, 12 mm, 20 m\nsandpaper\nthe good biscuits"),
        ],
    ),
]


async def fill() -> None:
    """Fill an empty database and print how to sign in; one that has other people stays as it is."""
    await engine.connect(
        settings.DATABASE_URL, settings.DATABASE_POOL_SIZE, settings.DATABASE_TIMEOUT
    )
    try:
        if await are_here():
            print("The people of the demonstration are here already.")
        elif await db.users.exist():
            print("This database is in use, so it is left as it is: no demonstration.")
            return
        else:
            await move_in()
    finally:
        await engine.disconnect()
    print(f"Sign in as {', '.join(PEOPLE)}; everybody's password is {PASSWORD}")


async def are_here() -> bool:
    found = [await db.users.get_by_username(username) for username in PEOPLE]
    return None not in found


async def move_in() -> None:
    people = {name: await users.join(name, PEOPLE[name], PASSWORD) for name in PEOPLE}
    for names, title, said in CONVERSATIONS:
        await converse([people[name] for name in names], title, said)


async def converse(people: list[User], title: str, said: list[tuple[int, str, str]]) -> None:
    creator = people[0]
    to = [person.username for person in people[1:]] or [creator.username]
    conversation_id = await conversations.start(creator, to, title)
    authors = {person.username: person for person in people}
    for minutes_ago, username, body in said:
        sent_at = now() - minutes_ago * MINUTE
        author_id = authors[username].id
        await changes.submit(Send(conversation_id, author_id, str(uuid.uuid4()), body, sent_at))
    for person in people:
        await read_to_their_last(person, conversation_id)


async def read_to_their_last(person: User, conversation_id: int) -> None:
    """Whoever wrote has read what stood above it."""
    own = [
        message.position
        for message in await db.messages.before(conversation_id, 2**53, 100)
        if message.author_id == person.id
    ]
    if own:
        await participants.read(person, conversation_id, own[-1])


if __name__ == "__main__":
    asyncio.run(fill())
