"""The interface of a broker's driver: publish on a channel, receive from it until it breaks."""

from collections.abc import AsyncIterator
from typing import Protocol

HEALTH_CHECK = 1.0
"""Seconds of silence after which the broker is pinged."""

SILENCE_TIMEOUT = 3.5
"""Seconds of silence after which a connection counts as lost, and readers' rights are read from the
database. While the broker hangs, no reader hears of a sign-out before that."""

SUBSCRIBE_TIMEOUT = 1.0
"""Seconds that a subscription may take."""


class Driver(Protocol):
    """Both calls may raise anything when the broker does not answer in time, not only the library's
    own errors: `ReconnectingBackend` treats all of them alike."""

    limit: int
    """The maximum size of a text in bytes."""

    async def publish(self, channel: str, text: str) -> None:
        """Publish a text to all current receivers of the channel."""

    def receive(self, channel: str) -> AsyncIterator[str | None]:
        """None once the subscription is active, then each text; an empty one after `HEALTH_CHECK`
        seconds of silence, if the broker answered a ping. Ends only by raising."""

    async def close(self) -> None:
        """Close every connection."""
