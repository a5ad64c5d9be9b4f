"""What a broker is to one process: a channel to publish on and to receive from, until it breaks."""

from collections.abc import AsyncIterator
from typing import Protocol

HEALTH_CHECK = 5.0
"""Seconds of silence after which a broker is asked whether it is still there."""

SILENCE = 12.0
"""Seconds of silence after which a link is down, whatever it is waiting for."""


class Link(Protocol):
    """Both its calls raise whatever the driver raises where the broker does not answer, or not in
    time, and not errors of the driver only: see `HealingBackend`, which takes them all as that."""

    limit: int
    """How many bytes a text may have."""

    async def publish(self, channel: str, text: str) -> None:
        """Hand a text to all who receive on the channel now."""

    def receive(self, channel: str) -> AsyncIterator[str | None]:
        """None as soon as the subscription holds, then every text; an empty one where none came for
        `HEALTH_CHECK` seconds and the broker has said that it is there. Ends by raising only."""

    async def close(self) -> None:
        """Let go of every connection."""
