"""Grapheme clusters (UAX #29): what people see as one character, which nothing may cut."""

import regex

CLUSTER = regex.compile(r"\X")
UNJOINED = regex.compile(r"\p{Grapheme_Cluster_Break=Other}{2}")  # between them is always an end


def first(text: str) -> str:
    """The first character of a text."""
    match = CLUSTER.match(text)
    return match[0] if match else ""


def shortened(text: str, length: int) -> str:
    """The text if it is at most `length` code points long, else its beginning with an ellipsis."""
    return text if len(text) <= length else beginning(text, length - 1) + "…"


def beginning(text: str, length: int) -> str:
    """At most `length` code points. Only a character that alone is longer is cut."""
    if UNJOINED.match(text, length - 1):
        return text[:length]
    end = 0
    for cluster in CLUSTER.finditer(text):
        if cluster.end() > length:
            break
        end = cluster.end()
    return text[: end or length]
