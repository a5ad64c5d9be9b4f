"""What a search shows of a message: the words around the first that was looked for."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from db.words import spans
from render import clusters
from render.markdown import unmarked

BEFORE = 40
LENGTH = 180
"""Characters before the first hit, and in all."""

Phrase = tuple[tuple[str, ...], bool]
"""Words in a row; and whether the last of them may be a beginning."""


class Piece(NamedTuple):
    text: str
    is_hit: bool


def excerpt(body: str, phrases: Sequence[Phrase]) -> list[Piece]:
    """A text as it shows, without its marks, cut to what is around the first hit."""
    text = " ".join(unmarked(body).split())
    marked = hits(text, phrases)
    start = max(0, marked[0][0] - BEFORE) if marked else 0
    if start > 0:
        start = text.rfind(" ", 0, start) + 1 or start
    end = start + len(clusters.beginning(text[start:], LENGTH))
    pieces = list(pieces_of(text, start, end, marked))
    if start:
        pieces.insert(0, Piece("… ", False))
    if end < len(text):
        pieces.append(Piece("…", False))
    return pieces


def hits(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """From where to where the words stand that were looked for, in order, apart from each other."""
    stand = [(word, start, end) for start, end, found in spans(text) for word in found]
    marked: set[tuple[int, int]] = set()
    for place in range(len(stand)):
        for words, is_prefix in phrases:
            row = stand[place : place + len(words)]
            if matches([word for word, _, _ in row], words, is_prefix):
                marked.update((start, end) for _, start, end in row)
    return sorted(marked)


def matches(row: list[str], words: Sequence[str], is_prefix: bool) -> bool:
    if not is_prefix:
        return row == list(words)
    return row[:-1] == list(words[:-1]) and len(row) == len(words) and row[-1].startswith(words[-1])


def pieces_of(
    text: str, start: int, end: int, marked: Iterable[tuple[int, int]]
) -> Iterable[Piece]:
    """The text between two places in pieces; hits with nothing but a space between are one."""
    bounds = [start]
    inside = [(a, min(b, end)) for a, b in marked if a >= start and a < end]
    pieces: list[Piece] = []
    for a, b in inside:
        between = text[bounds[-1] : a]
        pieces.append(Piece(between, between.strip() == "" and len(bounds) > 1))
        pieces.append(Piece(text[a:b], True))
        bounds.append(b)
    pieces.append(Piece(text[bounds[-1] : end], False))
    filled = [piece for piece in pieces if piece.text]
    for is_hit, group in groupby(filled, lambda piece: piece.is_hit):
        yield Piece("".join(piece.text for piece in group), is_hit)
