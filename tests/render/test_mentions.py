"""Usernames in messages: which are found, and how they are shown."""

import pytest

from render.markdown import formatted
from render.messages import usernames
from tests.pages import parsed, text_of

SPAN = '<span class="mention" data-user="{}">{}</span>'


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hello", ""),
        ("Hello @Ada, and @bob.", "ada bob"),
        ('(@ada) "@bob"\n> @cem', "ada bob cem"),
        ("@_ada_ and *@bob*", "_ada_ bob"),
        ("@a.b... @c_d", "a.b c_d"),
        ("ada@bob @ada@example.org mail@bob.com", ""),
        ("https://example.org/@ada www.example.com/@bob", ""),
        ("`@ada` @bob\n```\n@cem\n```", "bob"),
        ("@a @" + "b" * 31, ""),
        ("@adaé é@ada @@ada x/@ada", ""),
        ("@\u212aate", ""),
        ("@<b>ada", ""),
        ("你好 @ada，谢谢", "ada"),
    ],
)
def test_names_stand_after_an_at_in_words(text: str, names: str) -> None:
    """And not in addresses, in paths or in code."""
    assert usernames(text) == frozenset(names.split())


def test_who_is_mentioned_is_marked_as_it_was_typed() -> None:
    shown = formatted("Hi @Ada. *@bob* & <@cem> `@ada`", {"ada": 7, "bob": 8})
    assert SPAN.format(7, "@Ada") + ". " in shown
    assert f"<em>{SPAN.format(8, '@bob')}</em>" in shown
    assert "&lt;@cem&gt; <code>@ada</code>" in shown


def test_a_mention_is_no_link_and_does_not_change_the_text() -> None:
    text = "See @ada: https://example.org/@ada, a@ada.com <b>@ada</b>"
    element = parsed(formatted(text, {"ada": 7}))
    assert text_of(element.body) == text
    assert [link.get_text() for link in element.select("a")] == [
        "https://example.org/@ada",
        "a@ada.com",
    ]
    assert len(element.select(".mention")) == 2


def test_all_are_one_mention() -> None:
    assert formatted("@all", {"all": 0}) == SPAN.format("all", "@all")


def test_texts_that_mention_nobody_are_as_they_were() -> None:
    for text in ("Hello @ada", "*Hello* @ada", "Hello"):
        assert formatted(text) == formatted(text, {}) == formatted(text, {"bob": 1})


def test_many_names_take_little_time_and_room() -> None:
    assert len(formatted("@ab " * 2_000, {"ab": 2**53})) < 20_000
