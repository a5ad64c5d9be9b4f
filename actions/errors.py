"""What a person is told when something is refused."""


class Invalid(Exception):
    """Refused. `errors` has a sentence for the person at each field concerned."""

    def __init__(self, **errors: str) -> None:
        super().__init__(errors)
        self.errors = errors


class TooMany(Invalid):
    """Refused for now. `wait` says after how many seconds it may be tried again."""

    def __init__(self, wait: int, **errors: str) -> None:
        super().__init__(**errors)
        self.wait = wait
