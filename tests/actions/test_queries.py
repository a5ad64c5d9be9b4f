"""What people type to search messages."""

import random
import re
from contextlib import suppress

import pytest

from actions.errors import Invalid
from actions.queries import Name, Query, parse
from db.search.hits import Term

DAY = 86_400_000
DAY_OF = {"2026-11-28": 1_795_824_000_000}
NOV_28 = DAY_OF["2026-11-28"]


def word(*words: str, prefix: bool = False, excluded: bool = False) -> Term:
    return Term((words,), prefix, excluded)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("tide boat ", [word("tide"), word("boat")]),
        ("tide boa", [word("tide"), word("boa", prefix=True)]),
        ("tid* boat ", [word("tid", prefix=True), word("boat")]),
        ('"high tide" boat ', [word("high", "tide"), word("boat")]),
        ('"high ti', [word("high", "ti")]),
        ("boat -tide", [word("boat"), word("tide", excluded=True)]),
        ('boat -"high tide"', [word("boat"), word("high", "tide", excluded=True)]),
        ("e-mail ", [word("e", "mail")]),
        ("e-mai", [word("e", "mai", prefix=True)]),
        ("会議", [word("会", "議")]),
        ("a", [word("a")]),
        ("Müßig … * - \" '", [word("mussig")]),
        ("from: in: ", [word("from"), word("in")]),
        ("cc:ada has:cats ", [word("cc", "ada"), word("has", "cats")]),
        ("http://tide.example ", [word("http", "tide", "example")]),
        ("x -before:2026-11-28 ", [word("x"), word("before", "2026", "11", "28", excluded=True)]),
        ("has:link -has:link x ", [word("#link"), word("#link", excluded=True), word("x")]),
    ],
)
def test_words_phrases_and_what_is_left_out(text: str, terms: list[Term]) -> None:
    assert parse(text).terms == terms


def test_people_and_conversations() -> None:
    query = parse('from:mira in:"Book club" -from:@theo -in:tea FROM:me')
    assert query.authors == [Name("mira", False), Name("@theo", True), Name("me", False)]
    assert query.conversations == [Name("Book club", False), Name("tea", True)]


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("on:2026-11-28", NOV_28, NOV_28 + DAY),
        ("before:2026-11-28", 0, NOV_28),
        ("after:2026-11-28", NOV_28 + DAY, None),
        ("after:2026-11-27 before:2026-11-29", NOV_28, NOV_28 + DAY),
        ("before:2026-11-29 before:2026-11-28", 0, NOV_28),
    ],
)
def test_days(text: str, since: int, until: int | None) -> None:
    query = parse(text)
    assert (query.since, query.until, query.terms) == (since, until, [])


def test_today_follows_yesterday() -> None:
    today, yesterday = parse("on:today"), parse("on:yesterday")
    assert today.since == yesterday.until == yesterday.since + DAY


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("on:friday", r"“friday” is not a date\. Write it as \d{4}-\d\d-\d\d\."),
        ("before:2026-02-30", "“2026-02-30” is not a date"),
        ("before:20260230", "“20260230” is not a date"),
        ("after:9999-12-31", "“9999-12-31” is too far away"),
        ("x" * 201, "A search has at most 200 characters. This one has 201."),
        ("a b c d e f g h i j k", "A search has at most 10 words. Leave some out."),
        ("-tide", "Say what to look for too, not only what to leave out."),
        ("-tide before:2026-01-01", "Say what to look for too, not only what to leave out."),
    ],
)
def test_what_cannot_be_looked_for_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(text)
    assert re.match(sentence, refusal.value.errors["q"])


@pytest.mark.parametrize("text", ["", "  ", "…", '""', "-", "*", "\x00"])
def test_nothing_asks_for_nothing(text: str) -> None:
    assert parse(text) == Query()
    assert parse(text).is_empty()


def test_whatever_is_typed_is_read_or_refused_with_a_sentence() -> None:
    dice = random.Random(5)  # noqa: S311
    pieces = ['"', "-", "from:", "in:", "on:", "has:link", "a", "é", "*", " ", "会", "'", "\\", ")"]
    for _ in range(5000):
        text = "".join(dice.choices(pieces, k=8))
        with suppress(Invalid):
            for term in parse(text).terms:
                assert all(word.strip("#") for phrase in term.phrases for word in phrase)
