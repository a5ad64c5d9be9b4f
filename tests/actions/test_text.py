"""Text as people type it."""

import unicodedata

import pytest

from actions.text import clean, clean_label
from db.labels import is_blank


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
        "\u034f",
        "\ufe0f",
        "\U000e0100",
        "\u0301",
        " \u0301\u20dd",
        "\u093e",
        "\u0378",
        "\U0001fbfe",
        "\ufdd0",
        "\ufffc",
        "\n".join(["\u200b"] * 9),
    ],
)
def test_invisible_text_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        ".",
        "ß",
        "漢",
        "😀",
        "\U0001fae8",
        "\U0001faff",
        "\ue000",
        "\ufffd",
        "\u200b!\u200b",
        "☺\ufe0f",
    ],
)
def test_what_may_show_is_not_blank(text: str) -> None:
    """Also emoji that Python's own tables lack, future ones, and private characters."""
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Ada\t\u2003Lovelace\r\n", "Ada Lovelace"),
        ("E\u0301mile", "Émile"),
        ("A\u202eda\u202c \u2066L\u2069\u200f", "Ada L"),
        ("A\u200bd\u200da\ufe0f\u00ad\u2800\u3164", "Ada"),
        ("1\ufe0f \U000e0041x", "1 x"),
        ("A\u034f\u0301", "Á"),
        ("Q" + "\u0308\u0301" * 20 + "oe", "Q\u0308\u0301oe"),
        ("ก" + "\u0e49" * 20, "ก\u0e49\u0e49"),
        ("क" + "\u0947" * 20, "क" + "\u0947" * 6),
        ("\u0301Ada \u0301\u20dd x", "Ada x"),
        ("\u0301\ufe0f", ""),
        ("\u0378", ""),
    ],
)
def test_a_label_shows_what_it_is(typed: str, stored: str) -> None:
    assert clean_label(typed) == stored
    assert clean_label(stored) == stored


@pytest.mark.parametrize(
    "label",
    [
        *("Nguyễn Thị Ấn", "Ἀλέξανδρος ᾅ", "Й Ё", "שָּׁלוֹם", "مُحَمَّد", "علی\u200cرضا", "हूँ ज़ें"),
        *("ශ්\u200dරී", "มีชื่อที่", "ကြွှုံ့", "བསྒྲུབས་", "葛\U000e0100", "한글", "が"),
        *(
            "👨\u200d👩\u200d👧",
            "❤\ufe0f\u200d🔥",
            "1\ufe0f\u20e3",
            "🏴\U000e0067\U000e0062\U000e007f",
            "👍🏽",
            "🇩🇪 Anna",
        ),
    ],
)
def test_names_of_all_scripts_stay_as_they_are_written(label: str) -> None:
    label = unicodedata.normalize("NFC", label)
    assert clean_label(label) == label
