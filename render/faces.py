"""Avatars without an image: initials on one of eight colours."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def initials(name: str) -> str:
    """The initials on a face."""
    words = name.split() or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def tint(name: str) -> int:
    """The number of a face's colour."""
    words = name.split() or ["?"]
    first, last = (LETTERS.find(letter.lower()) for letter in (words[0][0], words[-1][-1]))
    return (first * 5 + last * 3 + len(name)) % 8
