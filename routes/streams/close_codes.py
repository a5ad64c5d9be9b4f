"""How the server ends a stream: one table of close codes (RFC 6455, 7.4).

A WebSocket closes with the code, an event stream says it in its last event, a poll answers with the
status that means the same.
"""

from enum import IntEnum


class CloseCode(IntEnum):
    LOST = 1006
    """The connection is gone without a close frame. Never sent."""

    NOT_TEXT = 1007
    """A text frame is not UTF-8."""

    TOO_LARGE = 1009
    """A frame is larger than `FRAME_BYTES`."""

    ERROR = 1011
    """A bug of ours; the log says which."""

    RESTARTING = 1012
    """This process shuts down."""

    SLOW_CONSUMER = 1013
    """More waits for the reader than we hold. The database catches it up."""

    BAD_FRAME = 4400
    """A frame is not one of the contract's."""

    SESSION_ENDED = 4401
    """Signed out, here or elsewhere."""

    REMOVED = 4403
    """No longer a participant of the conversation."""

    TOO_FAST = 4429
    """More frames than the rate limit allows, or more connections than a person or an address may
    have."""

    @property
    def reconnects(self) -> bool:
        """Whether the page comes back by itself, a little later."""
        return self not in (CloseCode.SESSION_ENDED, CloseCode.REMOVED)


class Ended(Exception):
    """The stream ends with this close code."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code)
        self.code = code
