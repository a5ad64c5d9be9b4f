"""What people see as one character is not cut."""

import pytest

from render import clusters

WHOLE = [
    "a",
    "漢",
    "🇩🇪",
    "👍🏽",
    "👨\u200d👩\u200d👧",
    "e\u0301",
    "हि",
    "한",
    "한",
    "1\ufe0f\u20e3",
    "ก็",
    "\r\n",
]


@pytest.mark.parametrize("character", WHOLE)
@pytest.mark.parametrize("before", ["", "a", "漢", "👍"])
def test_a_text_is_shortened_between_characters(character: str, before: str) -> None:
    text = before + character * 9
    for length in range(len(before) + len(character) + 1, len(text)):
        short = clusters.shortened(text, length)
        assert len(short) <= length
        whole = (length - 1 - len(before)) // len(character)
        assert short == before + character * whole + "…"
    assert clusters.shortened(text, len(text)) == text


@pytest.mark.parametrize("character", WHOLE)
def test_the_first_character_is_whole(character: str) -> None:
    assert clusters.first(character * 2 + "b") == character
    assert clusters.first("") == ""


def test_only_a_character_that_is_longer_than_the_text_may_be_is_cut() -> None:
    assert clusters.shortened("Z" + "\u0301" * 50, 9) == "Z" + "\u0301" * 7 + "…"
