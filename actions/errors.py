"""Refusals, with sentences for the user."""

import math


class Invalid(Exception):
    """Refused. `errors` has a sentence for each field concerned."""

    def __init__(self, **errors: str) -> None:
        super().__init__(errors)
        self.errors = errors


class Outdated(Invalid):
    """Refused: what it is based on has changed since."""


class TooMany(Invalid):
    """Refused for now; it may be tried again after `wait` seconds."""

    def __init__(self, wait: int, **errors: str) -> None:
        super().__init__(**errors)
        self.wait = wait


def duration(seconds: int) -> str:
    """A time to wait, in words."""
    number, unit = (seconds, "second") if seconds < 60 else (math.ceil(seconds / 60), "minute")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
