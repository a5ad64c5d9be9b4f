"""What a search shows of a message."""

import pytest

from actions.excerpts import LENGTH, excerpt


def shown(body: str, *phrases: tuple[str, ...], prefix: bool = False) -> str:
    pieces = excerpt(body, [(phrase, prefix) for phrase in phrases])
    return "".join(f"[{text}]" if is_hit else text for text, is_hit in pieces)


@pytest.mark.parametrize(
    ("body", "phrases", "expected"),
    [
        ("The tide is in", [("tide",)], "The [tide] is in"),
        ("Die STRASSE, die Straße", [("strasse",)], "Die [STRASSE], die [Straße]"),
        ("A high tide", [("high", "tide")], "A [high tide]"),
        ("high and tide", [("high", "tide")], "high and tide"),
        ("明日の会議です", [("会", "議")], "明日の[会議]です"),
        ("cafe\u0301 ole", [("cafe",)], "[cafe\u0301] ole"),
        ("**bold** `code`", [("bold",)], "[bold] code"),
        ("one\n\ntwo  three", [("two",)], "one [two] three"),
        ("<b>tide</b> & more", [("tide",)], "<b>[tide]</b> & more"),
        ("nothing of it", [("tide",)], "nothing of it"),
        ("", [("tide",)], ""),
    ],
)
def test_hits_are_marked_in_the_text_as_people_wrote_it(
    body: str, phrases: list[tuple[str, ...]], expected: str
) -> None:
    assert shown(body, *phrases) == expected


def test_a_beginning_marks_the_word() -> None:
    assert (
        shown("Harbours at high tides", ("high", "tid"), prefix=True) == "Harbours at [high tides]"
    )
    assert shown("Harbours", ("harb",), prefix=True) == "[Harbours]"


def test_a_long_text_is_cut_around_the_first_hit() -> None:
    text = shown("lorem ipsum " * 100 + "the tide is in " + "dolor sit " * 100, ("tide",))
    assert text.startswith("… ")
    assert text.endswith("…")
    assert "the [tide] is in" in text
    assert len(text) <= LENGTH + 5


def test_a_hit_at_the_edge_is_cut_with_the_text() -> None:
    text = shown("a " + "b" * LENGTH * 2, ("b" * 60,), prefix=True)
    assert len(text.replace("[", "").replace("]", "")) == LENGTH + 1
