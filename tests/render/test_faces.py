"""Faces without an image."""

from render.faces import initials, tint


def test_a_face_has_the_initials_of_a_name_and_always_the_same_colour() -> None:
    names = ["Ada Lovelace", "ada", "émile", " ", "<&>"]
    assert [initials(name) for name in names] == ["AL", "A", "É", "?", "<"]
    assert [tint(name) for name in names] == [0, 3, 4, 1, 3]
