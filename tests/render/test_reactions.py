"""What stands under a message of those who have reacted to it."""

import pytest

from render.reactions import QUICK, emoji_name, people


@pytest.mark.parametrize(
    ("names", "number", "words"),
    [
        (["Ada"], 1, "Ada"),
        (["Ada", "Bob"], 2, "Ada and Bob"),
        (["Ada", "Bob", "Cem"], 3, "Ada, Bob and Cem"),
        (["Ada", "Bob"], 3, "Ada, Bob and 1 other"),
        (["Ada"], 13, "Ada and 12 others"),
    ],
)
def test_names_in_words(names: list[str], number: int, words: str) -> None:
    assert people(names, number) == words


def test_an_emoji_has_a_name_for_who_does_not_see_it() -> None:
    assert [emoji_name(emoji) for emoji in QUICK[:2]] == ["thumbs up", "red heart"]
