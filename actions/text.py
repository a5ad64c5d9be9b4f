"""Cleans text as people type it, for storing and showing."""

import re
import unicodedata

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Letters and symbols that show nothing: Hangul fillers and the empty Braille pattern.
INVISIBLE = "\u115f\u1160\u3164\uffa0\u2800"


def clean(text: str) -> str:
    r"""The text with `\n` line ends, without control characters or halves of surrogate pairs.

    Both can come in by JSON, and neither can be stored (PostgreSQL) or encoded.
    """
    if text.isascii() and text.isprintable():
        return text
    text = whole(text).replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL.sub("", text)


def whole(text: str) -> str:
    """The text with each half of a surrogate pair that stands alone replaced by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_blank(text: str) -> bool:
    """Whether nothing would be seen: white space, format characters and fillers only."""
    return not any(map(is_visible, text))


def is_visible(c: str) -> bool:
    """Whether a character may be seen; one that this Python's Unicode tables lack may."""
    category = unicodedata.category(c)
    return category in ("Cn", "Co") or (category[0] not in "ZC" and c not in INVISIBLE)
