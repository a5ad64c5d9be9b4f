"""What a broker's driver offers: a channel to publish on and to receive from, until it breaks."""

from collections.abc import AsyncIterator
from typing import Protocol

HEALTH_CHECK = 5.0
"""Seconds of silence after which a broker is asked whether it is still there."""

SILENCE_TIMEOUT = 12.0
"""Seconds of silence after which a connection counts as lost, whatever it is waiting for."""


class Driver(Protocol):
    """Both calls raise whatever the library raises where the broker does not answer in time, and
    not only the library's own errors: `ReconnectingBackend` takes all of them alike."""

    limit: int
    """The most bytes that a text may have."""

    async def publish(self, channel: str, text: str) -> None:
        """Publish a text to all who receive on the channel now."""

    def receive(self, channel: str) -> AsyncIterator[str | None]:
        """None as soon as the subscription holds, then each text; an empty one where none came for
        `HEALTH_CHECK` seconds and the broker has answered a ping. Ends by raising only."""

    async def close(self) -> None:
        """Close every connection."""
