"""Refusals, with sentences for the user."""


class Invalid(Exception):
    """Refused. `errors` has a sentence for each field concerned."""

    def __init__(self, **errors: str) -> None:
        super().__init__(errors)
        self.errors = errors


class TooMany(Invalid):
    """Refused for now; it may be tried again after `wait` seconds."""

    def __init__(self, wait: int, **errors: str) -> None:
        super().__init__(**errors)
        self.wait = wait
