"""Web and mail addresses in messages, as links."""

import re
from functools import lru_cache

from linkify_it import LinkifyIt
from markupsafe import Markup, escape


def linked(text: str) -> Markup:
    """The text, escaped, with its web and mail addresses as links and its line breaks marked.

    The work is limited: linkify takes quadratic time on addresses without spaces in between.
    """
    if ADDRESS_CHARACTER.search(text) is None:
        return unlinked(text)
    parts: list[str] = []
    end = 0
    for word in ADDRESSES.finditer(text):
        parts += unlinked(text[end : word.start()]), linked_word(word[0])
        end = word.end()
    return Markup("".join((*parts, unlinked(text[end:]))))  # noqa: S704  # all parts are markup


def unlinked(text: str) -> Markup:
    escaped = escape(text)
    return escaped.replace("\n", BREAK) if "\n" in text else escaped


@lru_cache(maxsize=4096)
def linked_word(word: str) -> Markup:
    if len(word) > LONGEST_ADDRESS or word.count(":") > MOST_COLONS or MISLEADING.search(word):
        return escape(word)
    parts, end = [], 0
    for match in linkify.match(word) or ():
        parts.append(escape(word[end : match.index]))
        parts.append(LINK.format(match.url, match.raw))
        end = match.last_index
    return Markup("").join((*parts, escape(word[end:])))


BREAK = Markup("<br>\n")  # the element for text browsers, the newline for style sheets and programs
ADDRESS_CHARACTER = re.compile(r"[.:@/]\S")
ADDRESSES = re.compile(r"(?<!\S)[^\s.:@/]*+[.:@/]\S+")
"""Words that may contain an address: something follows one of these characters. Linear time."""

LONGEST_ADDRESS = 2_000
MOST_COLONS = 10
MISLEADING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that change the text direction, so an address could look like another."""

LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer ugc nofollow">{}</a>')

linkify = LinkifyIt()
linkify.add("ftp:", None).add("//", None)
