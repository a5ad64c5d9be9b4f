"""The usernames in messages that are mentioned."""

import re
from collections.abc import Iterator, Mapping

from markupsafe import Markup

MOST = 100
"""In a piece of text: whatever follows stays text."""

LENGTHS = range(2, 31)
ALL = 0
"""In place of a user: everybody."""

MENTION = re.compile(r"(?<![\w@./])@([A-Za-z0-9_.]++)(?![\w@])")
"""Never within a mail address or a path."""


def marked(text: Markup, users: Mapping[str, int]) -> Markup:
    """Escaped text, with the usernames of these users in it as elements. They lead nowhere."""

    def element(match: re.Match[str]) -> str:
        name = match[1].rstrip(".")
        user_id = users.get(name.lower()) if len(name) in LENGTHS else None
        if user_id is None:
            return match[0]
        whose = "all" if user_id == ALL else user_id
        rest = match[1][len(name) :]
        return f'<span class="mention" data-user="{whose}">@{name}</span>{rest}'

    return Markup(MENTION.sub(element, text, MOST))  # noqa: S704  # names are ASCII


class Names(Mapping[str, int]):
    """Records the names that a text asks for. Stands in for a conversation's users, without any."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def __getitem__(self, name: str) -> int:
        self.found.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
