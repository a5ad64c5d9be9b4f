"""Avatars without an image: initials on one of eight colours."""

from render import clusters

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def initials(name: str) -> str:
    """The initials on a face."""
    words = name.rstrip(", …").split() or ["?"]
    ends = words if len(words) == 1 else (words[0], words[-1])
    return "".join(capital(clusters.first(word)) for word in ends)


def capital(letter: str) -> str:
    """The letter as a capital, where it has one that is a single letter: ß has none."""
    return letter.upper() if len(letter.upper()) == len(letter) else letter


def tint(name: str) -> int:
    """The number of a face's colour."""
    words = name.split() or ["?"]
    first, last = (LETTERS.find(letter.lower()) for letter in (words[0][0], words[-1][-1]))
    return (first * 5 + last * 3 + len(name)) % 8
