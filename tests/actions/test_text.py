"""Text as people type it."""

import pytest

from actions.text import clean, is_blank


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("plain", "plain"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("tab\tstays", "tab\tstays"),
        (
            "nul\x00 bell\x07 escape\x1b delete\x7f next\x85 line",
            "nul bell escape delete next line",
        ),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("other half \ude00", "other half \ufffd"),
        ("both \ud83d\ude00", "both 😀"),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
        ("שלום \u202eabc", "שלום \u202eabc"),
        ("", ""),
    ],
)
def test_what_cannot_be_stored_is_taken_out(typed: str, stored: str) -> None:
    assert clean(typed) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "\u00a0\u2003\u3000",
        "\u200b\u200c\u200d\ufeff\u2060",
        "\u00ad",
        "\u202e\u2066\u2069",
        "\u3164\u115f\u1160\uffa0",
        "\u2800",
        "\U000e0001",
        "\n".join(["\u200b"] * 9),
    ],
)
def test_invisible_text_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["a", ".", "ß", "漢", "😀", "\u0301", "\ue000", "\U0001fbfe", "\u200b!\u200b"]
)
def test_what_may_show_is_not_blank(text: str) -> None:
    """Also characters that this Python does not know yet, and private ones."""
    assert not is_blank(text)
