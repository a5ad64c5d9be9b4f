"""Markdown in messages: a safe subset, which loses nothing of a text."""

import random
import re
import time

import pytest

from render.links import linked
from render.markdown import PARSER, formatted, unmarked
from tests.pages import parsed

ELEMENTS = {"p", "br", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a"}


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("*a* _b_", "<em>a</em> <em>b</em>"),
        ("**a** __b__", "<strong>a</strong> <strong>b</strong>"),
        ("~~a~~", "<s>a</s>"),
        ("`*a* <b>`", "<code>*a* &lt;b&gt;</code>"),
        ("```py\na <\n  *b*\n```", "<pre><code>a &lt;\n  *b*</code></pre>"),
        ("```\nunclosed", "<pre><code>unclosed</code></pre>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("> a\n> b", "<blockquote><p>a<br>\nb</p></blockquote>"),
        ("*a*\nb", "<em>a</em><br>\nb"),
        ("*a*\n\nb", "<p><em>a</em></p><p>b</p>"),
        ("これは**重要**です", "これは<strong>重要</strong>です"),
    ],
)
def test_marks_become_elements(text: str, markup: str) -> None:
    assert formatted(text) == markup


@pytest.mark.parametrize(
    "text",
    [
        "a * b * c", "2*3*4", "snake_case_name", "¯\\_(ツ)_/¯", "\\*a\\*", "**", "- ", "> ", "* *",
        "# a", "a\n===", "---", "![a](b)", "[a](b)", "<b>a</b>", "&amp;", "    a", "| a | b |",
        "```two words\na", "<https://e.com/>", "[a]: b", "> " * 20 + "deep",
    ],
)  # fmt: skip
def test_all_else_stays_text(text: str) -> None:
    assert formatted(text) == linked(text)
    assert unmarked(text) == text


def test_a_quote_and_a_list_end_with_their_last_marked_line() -> None:
    assert formatted("> a\nb") == "<blockquote><p>a</p></blockquote><p>b</p>"
    assert formatted("- a\nb") == "<ul><li>a</li></ul><p>b</p>"
    assert formatted("- a\n  b") == "<ul><li>a<br>\nb</li></ul>"


def test_addresses_are_links_whatever_marks_they_contain() -> None:
    page = parsed(str(formatted("**https://e.com/*a*_b_** and `https://e.com/`, *www.e.com*.")))
    assert [link.get_text() for link in page.find_all("a")] == ["https://e.com/*a*_b_", "www.e.com"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*a* **b** `c`", "a b c"),
        ("> a\n> b\n\nc", "a\nb\nc"),
        ("- a\n- b", "a\nb"),
        ("```\na\n b\n```", "a\n b"),
    ],
)
def test_a_preview_shows_the_words_without_the_marks(text: str, words: str) -> None:
    assert unmarked(text) == words


def test_no_word_is_ever_lost_and_no_element_is_foreign() -> None:
    chance = random.Random(7)  # noqa: S311
    pieces = [*"*_>-\\ \n\t<&[(é中", "**", " ~~", "`x`", "> ", "- ", "```\n", "http://", "word"]
    for _ in range(3_000):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 40)))
        page = parsed(f"<main>{formatted(text)}</main>").main
        assert page
        for shown in (page.get_text(), unmarked(text)):
            assert re.findall(r"[a-zé中]", shown) == re.findall(r"[a-zé中]", text), text
        assert {element.name for element in page.find_all(True)} <= ELEMENTS, text


@pytest.mark.parametrize("marks", ["*_", "<*", "~~*", "*_**a", "`*", "> ", "- ", "[*](", "*a "])
def test_a_text_made_to_be_slow_is_rendered_in_time(marks: str) -> None:
    for number in (4_000, 190 // len(re.sub("[^*_~`>]", "", marks) or "-")):
        begun = time.process_time()
        formatted((marks * number + "x http://e.com:" * 1_000)[:8_000])
        assert time.process_time() - begun < 0.2


def test_a_text_without_marks_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> None:
        raise AssertionError(text)

    monkeypatch.setattr(PARSER, "parse", fail)
    for text in ("Saturday, 5 - 3 = 2. I'll bring it -- all of it!", "a\nb\n\nc", "12.50 (or 13)"):
        assert formatted(text) == linked(text)
