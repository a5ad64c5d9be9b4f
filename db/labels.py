"""Names and titles as they are stored."""

import unicodedata

import regex

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


def label(text: str) -> str:
    """One line of NFC, where nothing is invisible, changes the direction or towers over the line.
    Empty where nothing would be seen."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", UNSEEN_IN_LABEL.sub(r"\1\2", text))
        text = TOWER.sub("", text)
    text = " ".join(text.split())
    return "" if is_blank(text) else text


def is_blank(text: str) -> bool:
    """Whether nothing would be seen: white space, marks without a base, and what is ignorable or
    not assigned."""
    return VISIBLE.search(text) is None
