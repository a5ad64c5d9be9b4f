"""Cleans text as people type it, for storing and showing."""

import re
import unicodedata

import regex

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Default-ignorable characters, and three that fonts draw as nothing: the empty Braille pattern, the
# object replacement character and the null notehead.
UNSEEN = r"\p{Default_Ignorable_Code_Point}\u2800\ufffc\U0001d159"
VISIBLE = regex.compile(
    rf"(?V1)[[\p{{L}}\p{{N}}\p{{P}}\p{{S}}\p{{Co}}\p{{Extended_Pictographic}}]--[{UNSEEN}]]"
)
"""What shows by itself: a mark needs a base. Code points reserved for pictographs are those of next
year."""

# Variation selectors, joiners and tags shape what they follow, in emoji and in scripts that join;
# after Latin, Greek or Cyrillic letters they only make two names that look the same.
SHAPED = (
    r"[[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\U000e0020-\U000e007f]"
    r"--[\p{Latin}\p{Greek}\p{Cyrillic}\u0300-\u036f]]"
)
UNSEEN_IN_LABEL = regex.compile(
    rf"""(?V1x)
    (?<={SHAPED}) ( [\ufe00-\ufe0f\u180b-\u180d\u180f\U000e0020-\U000e007f\U000e0100-\U000e01ef]
                  | [\u200c\u200d] (?=[\p{{L}}\p{{Extended_Pictographic}}]) )
    | (?<=[0-9\#*]) (\ufe0f) (?=\u20e3)
    | [{UNSEEN}]
    """
)

STACKED = r"[[\p{Inherited}\p{Cyrillic}\p{Thai}\p{Lao}]&&\p{M}]"
TOWER = regex.compile(
    rf"(?V1)(?<!\S)\p{{M}}+|(?<={STACKED}{{2}}){STACKED}+|(?<=\p{{M}}{{6}})\p{{M}}+"
)
"""Marks without a base, and marks that fonts would pile up. Some scripts write up to six on a
letter, in places of their own."""


def clean(text: str) -> str:
    r"""The text with `\n` line ends, without control characters or halves of surrogate pairs.

    Both can come in by JSON, and neither can be stored (PostgreSQL) or encoded.
    """
    if text.isascii() and text.isprintable():
        return text
    text = whole(text).replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL.sub("", text)


def clean_label(text: str) -> str:
    """A name or title as it is stored: one line of NFC, where nothing is invisible, changes the
    direction or towers over the line. Empty where nothing would be seen."""
    text = clean(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", UNSEEN_IN_LABEL.sub(r"\1\2", text))
        text = TOWER.sub("", text)
    text = " ".join(text.split())
    return "" if is_blank(text) else text


def clean_username(text: str) -> str:
    """A username as it is stored: people type it with capitals or a space after it."""
    return clean(text).strip().lower()


def whole(text: str) -> str:
    """The text with each half of a surrogate pair that stands alone replaced by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_blank(text: str) -> bool:
    """Whether nothing would be seen: white space, marks without a base, and what is ignorable or
    not assigned."""
    return VISIBLE.search(text) is None
