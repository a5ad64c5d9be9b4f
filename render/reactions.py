"""The reactions under a message, and those that are offered."""

from collections.abc import Collection, Sequence
from types import SimpleNamespace
from typing import Protocol

from emoji import EMOJI_DATA
from markupsafe import escape

QUICK = ("👍", "❤️", "😂", "😮", "😢", "🙏")
"""Those that are offered for every message."""


class Reaction(Protocol):
    """What a view needs to know of the reactions with one emoji."""

    @property
    def emoji(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def user_ids(self) -> Sequence[int]: ...
    @property
    def names(self) -> Sequence[str]: ...


def view(reaction: Reaction) -> SimpleNamespace:
    """All that messages/_message.html shows of it, escaped."""
    return SimpleNamespace(
        emoji=reaction.emoji,
        number=reaction.number,
        by=" ".join(map(str, reaction.user_ids)),
        names=escape(people(reaction.names, reaction.number)),
    )


class Reactor(Protocol):
    """A user who has reacted with an emoji."""

    @property
    def user_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def emoji(self) -> str: ...


def reactors(
    reactions: Sequence[Reaction], own: Collection[str], found: Sequence[Reactor], user_id: int
) -> list[SimpleNamespace]:
    """What a message's page says to a user of the reactions to it, as far as they were found."""
    return [
        SimpleNamespace(
            emoji=reaction.emoji,
            number=reaction.number,
            is_own=reaction.emoji in own,
            names=people(
                ["You"] * (reaction.emoji in own)
                + [
                    each.name
                    for each in found
                    if each.emoji == reaction.emoji and each.user_id != user_id
                ],
                reaction.number,
            ),
        )
        for reaction in reactions
    ]


def people(names: Sequence[str], number: int) -> str:
    """Names in words; `number` is that of all."""
    others = number - len(names)
    if others:
        return f"{', '.join(names)} and {others} {'other' if others == 1 else 'others'}"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def emoji_name(emoji: str) -> str:
    """What an emoji is called, for who does not see it."""
    return str(EMOJI_DATA[emoji]["en"]).strip(":").replace("_", " ")
