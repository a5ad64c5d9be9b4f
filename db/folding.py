"""Names as they are searched: the same however they are accented, capitalised or encoded."""

import re
import unicodedata

# Accents of Latin, Greek and Cyrillic letters, points of Hebrew and Arabic ones; what is invisible.
# Not all marks: without theirs が is か, and Indic and Thai words lose their vowels.
DROPPED = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u00ad\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)
UNACCENTED = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i"}
)
"""Letters with a stroke and their like, which Unicode does not decompose."""


def folded(text: str) -> str:
    """The text without case, accents and what is invisible, with single spaces."""
    text = " ".join(text.split())
    if not text.isascii():
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = unicodedata.normalize("NFC", DROPPED.sub("", text).translate(UNACCENTED))
    return text.casefold()


def contains(text: str) -> str:
    """The pattern for LIKE, with `!` as its escape."""
    return f"%{text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
