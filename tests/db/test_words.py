"""The words of a text: as the index has them, and as they are looked for."""

import random

import pytest

from db.words import LONGEST, spans, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World! foo_bar e-mail 27", ["hello", "world", "foo", "bar", "e", "mail", "27"]),
        ("Élan naïve Straße Ærø", ["elan", "naive", "strasse", "aero"]),
        ("don’t", ["don", "t"]),
        ("会議は明日。が", ["会", "議", "は", "明", "日", "が"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("วันดี", ["วั", "น", "ดี"]),
        ("مَرْحَبًا كـتاب", ["مرحبا", "كتاب"]),
        ("한국어 회의", ["한국어", "회의"]),
        ("soft\u00adhyphen ﬁsh Ｆｕｌｌ", ["softhyphen", "fish", "full"]),
        ("👍 … ~ @ # '\"\\ ** __", []),
        ("a" * 100, ["a" * LONGEST]),
    ],
)
def test_words_are_folded_and_of_every_script(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_composed_letter_is_the_same_word_as_its_parts() -> None:
    assert words("café") == words("cafe\u0301") == words("CAFÉ") == ["cafe"]
    assert words("が") == words("か\u3099") != words("か")


def test_where_words_stand_in_a_text() -> None:
    text = "Ça va: ½ Straße, 会議"
    assert [(text[start:end], found) for start, end, found in spans(text)] == [
        ("Ça", ["ca"]),
        ("va", ["va"]),
        ("½", ["1", "2"]),
        ("Straße", ["strasse"]),
        ("会", ["会"]),
        ("議", ["議"]),
    ]


def test_the_words_of_all_places_are_those_of_the_text() -> None:
    dice = random.Random(3)  # noqa: S311
    letters = "aZß éÉŁ9½.,_-’'\"~@#:会が\u3099ท้अनि\u200d\u00ad👍\n한مَﬁ"
    for _ in range(2000):
        text = "".join(dice.choices(letters, k=12))
        found = [word for _, _, at in spans(text) for word in at]
        assert found == words(text), repr(text)
