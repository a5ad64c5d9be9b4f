"""Web and mail addresses in messages, as links."""

import re
from collections.abc import Mapping
from itertools import islice

from markupsafe import Markup, escape

from render.mentions import marked

MOST_LINKS = 100
MOST_BRACKETS = 2_000
"""What a message may cost (2 ms): whatever follows stays text."""


def linked(text: str, mentions: Mapping[str, int] | None = None) -> Markup:
    """The text, escaped, with its web and mail addresses as links and its line breaks marked; and
    with those of the usernames in it that are mentioned."""
    if ADDRESS_CHARACTER.search(text) is None:
        return unlinked(text)
    parts: list[str] = []
    end = brackets = 0
    for match in islice(ADDRESS.finditer(text), MOST_LINKS):
        brackets += len(BRACKET.findall(match[0]))
        if brackets > MOST_BRACKETS:
            break
        address = trimmed(match[0])
        if MISLEADING.search(address):
            continue
        parts.append(unlinked(text[end : match.start()], mentions))
        parts.append(link(address, match["mail"] is not None))
        end = match.start() + len(address)
    parts.append(unlinked(text[end:], mentions))
    return Markup("".join(parts))  # noqa: S704  # all parts are markup


def address_at(text: str, start: int) -> str:
    """The address that begins there; empty if none does."""
    match = ADDRESS.match(text, start)
    return trimmed(match[0]) if match else ""


def unlinked(text: str, mentions: Mapping[str, int] | None = None) -> Markup:
    escaped = escape(text)
    if mentions is not None:
        escaped = marked(escaped, mentions)
    return escaped.replace("\n", BREAK) if "\n" in text else escaped


def link(address: str, is_mail: bool) -> str:
    shown = escape(address)
    scheme = "" if SCHEME.match(address) else "mailto:" if is_mail else "http://"
    return (
        f'<a href="{scheme}{shown}" target="_blank" rel="noopener noreferrer ugc nofollow">'
        f"{shown}</a>"
    )


def trimmed(address: str) -> str:
    """The address without what belongs to the sentence around it: from the first bracket that it
    closes but never opened, and punctuation at the end."""
    opened: list[str] = []
    for match in BRACKET.finditer(address):
        if match[0] in CLOSING:
            if not opened or opened.pop() != CLOSING[match[0]]:
                address = address[: match.start()]
                break
        else:
            opened.append(match[0])
    return address.rstrip(PUNCTUATION)


BREAK = Markup("<br>\n")  # the element for text browsers, the newline for style sheets and programs
SCHEME = re.compile("https?://|mailto:", re.IGNORECASE)
BRACKET = re.compile(r"[()[\]{}]")
CLOSING = {")": "(", "]": "[", "}": "{"}
PUNCTUATION = ".,:;!?'*([{…’”»"

MISLEADING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that change the text direction, so an address could look like another."""

ENDINGS = (
    "com|org|net|edu|gov|mil|int|info|biz|io|dev|eu|au|br|ca|ch|cn|cz|de|dk|fi|fr|gr|hk|hu|ie|il|"
    "jp|kr|lt|lu|lv|mx|nl|nz|ru|sg|tr|tv|tw|ua|uk|vn|za"
)
"""The endings by which a bare host is known. None is a usual file ending or English word: main.py
and done.it are no addresses."""

WORD = "a-z0-9_\\-\u00c0-\u060b\u0610-\u061a\u0620-\u0dff"
"""What bare hosts consist of: the scripts that write spaces between words. Of the others, words
stand beside an address without a space."""

STOP = (
    '\\s\x00-\x1f<>"`\\\\“”«»\u200b\ufeff'
    "\u060c\u061b\u061f\u0964\u0965\u3000-\u3003\u3008-\u301b\u301d-\u301f"
    "\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d\uff5f-\uff65"
)
"""What no address contains: white space, quotation marks, and the punctuation of other scripts."""

HOST = rf"(?:[{WORD}]++\.)+"
REST = rf"(?::\d{{1,5}})?(?:[/?\#][^{STOP}]*+)?"
ADDRESS_CHARACTER = re.compile(r"[.:@/]\S")
ADDRESS = re.compile(
    rf"""
    h (?<![a-z0-9+.\-]h) ttps?://
        (?: [^{STOP}/?\#@[\]]*+ @ )?
        (?: \[ [0-9a-f:.]++ \]
          | (?: [^{STOP}\x00-,./:-@[-^`{{-\x7f]++ \. )*
            (?: [a-z0-9-]++ | [^{STOP}\x00-\x7f]++ )  # the last label is of one script
        )
        {REST}
    | (?=[{WORD}]) (?<![{WORD}.+@/:])
      (?: (?P<mail> (?:mailto:)? [{WORD}.+]++ @ (?!\dx\.) {HOST} [a-z]{{2,}}+ )
          (?! [{WORD}@] | :\S )
        | (?: www \. {HOST} [a-z]{{2,}}+ | {HOST} (?-i:{ENDINGS}) )
          (?! [{WORD}@] )
          {REST}
      )
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Linear time: what may be long is never tried twice."""
