"""Cleans text as people type it, for storing and showing."""

import re

from db.labels import label

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    r"""The text with `\n` line ends, without control characters or halves of surrogate pairs.

    Both can come in by JSON, and neither can be stored (PostgreSQL) or encoded.
    """
    if text.isascii() and text.isprintable():
        return text
    text = whole(text).replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL.sub("", text)


def clean_label(text: str) -> str:
    """A name or title as it is stored: see db/labels.py."""
    return label(clean(text))


def clean_username(text: str) -> str:
    """A username as it is stored: people type it with capitals or a space after it."""
    return clean(text).strip().lower()


def whole(text: str) -> str:
    """The text with each half of a surrogate pair that stands alone replaced by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
