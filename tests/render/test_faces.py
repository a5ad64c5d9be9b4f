"""Faces without an image."""

import pytest

from render.faces import initials, tint


def test_a_face_has_the_initials_of_a_name_and_always_the_same_colour() -> None:
    names = ["Ada Lovelace", "ada", "émile", " ", "<&>"]
    assert [initials(name) for name in names] == ["AL", "A", "É", "?", "<"]
    assert [tint(name) for name in names] == [0, 3, 4, 1, 3]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("🇩🇪 Anna", "🇩🇪A"),
        ("👍🏽 Bob", "👍🏽B"),
        ("Mia 👨\u200d👩\u200d👧", "M👨\u200d👩\u200d👧"),
        ("x\u0302ena", "X\u0302"),
        ("हिन्दी", "हि"),
        ("ßeta ﬁn", "ßﬁ"),
        ("Ada, Bob Cox, …", "AC"),
    ],
)
def test_initials_are_whole_characters(name: str, shown: str) -> None:
    assert initials(name) == shown
