"""The words of a text, as messages are indexed and looked for: the same on both databases."""

import regex

from db.folding import folded

LONGEST = 60
"""Letters of a word that count. PostgreSQL takes no word of more than 2 KB."""

UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""Scripts that write no spaces between words: each of their letters is a word, so that any part of
a text is found as a phrase."""

LETTER = rf"[[\p{{L}}\p{{N}}]--{UNSPACED}]"
INVISIBLE = r"\p{Cf}\u0640"
ASCII_WORD = regex.compile(r"[a-z0-9]+")
WORD = regex.compile(rf"{UNSPACED}\p{{M}}*|{LETTER}[{LETTER}\p{{M}}]*", regex.V1)
SPAN = regex.compile(
    rf"{UNSPACED}[\p{{M}}{INVISIBLE}]*|{LETTER}[{LETTER}\p{{M}}{INVISIBLE}]*", regex.V1
)


def words(text: str) -> list[str]:
    """The words of a text, folded, in their order."""
    text = folded(text)
    pattern = ASCII_WORD if text.isascii() else WORD
    return [word[:LONGEST] for word in pattern.findall(text)]


def spans(text: str) -> list[tuple[int, int, list[str]]]:
    """Where words stand in a text as people wrote it: from, to, and the words there, of which there
    is more than one where a character stands for several letters."""
    found = (match.span() for match in SPAN.finditer(text))
    return [(start, end, words(text[start:end])) for start, end in found]
