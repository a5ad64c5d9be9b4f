"""Publications on their way between processes."""

import pytest

from live.publication import RESYNC, Publication, decode, encode

MANY = [
    Publication("conversation/1", 'Hello "Bob"\n漢😀', 7),
    Publication("conversation/1", "typing"),
    Publication("inbox/2", "1"),
    RESYNC,
]


def test_what_is_encoded_comes_out_the_same() -> None:
    [text] = encode(MANY, 10_000)
    assert decode(text) == MANY


@pytest.mark.parametrize("limit", [80, 100, 200, 400])
def test_a_limit_makes_several_texts_in_the_same_order(limit: int) -> None:
    texts = encode(MANY * 3, limit)
    assert all(len(text.encode()) <= limit for text in texts)
    decoded = [publication for text in texts for publication in decode(text)]
    assert [p.topic for p in decoded] == [p.topic for p in MANY * 3]
    assert [p.revision for p in decoded] == [p.revision for p in MANY * 3]
    assert RESYNC in decoded
    assert Publication("inbox/2", "1") in decoded


def test_what_is_too_large_by_itself_becomes_a_pointer() -> None:
    large = Publication("conversation/1", "漢" * 1000, 7)
    [one, two] = encode([large, RESYNC], 1000)
    assert decode(one) == [Publication("conversation/1", "", 7)]
    assert decode(two) == [RESYNC]


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", "[[]]", '"resync"', "null"])
def test_what_cannot_be_decoded_is_a_resync(text: str) -> None:
    assert decode(text) == [RESYNC]


def test_what_is_no_text_becomes_a_pointer_and_keeps_nothing_else_back() -> None:
    broken = Publication("conversation/1", "half of a pair: \ud800", 7)
    decoded = [each for text in encode([*MANY, broken], 10_000) for each in decode(text)]
    assert decoded == [*MANY, Publication("conversation/1", "", 7)]
