"""What a broker is to one process: a channel to publish on and to receive from, until it breaks."""

from collections.abc import AsyncIterator
from typing import Protocol

HEALTH_CHECK = 5.0
"""Seconds of silence after which a broker is asked whether it is still there."""

SILENCE = 12.0
"""Seconds of silence after which a link is down, whatever it is waiting for."""


class LinkDown(Exception):
    """The broker did not answer, or not in time."""


class Link(Protocol):
    limit: int
    """How many bytes a text may have."""

    async def publish(self, channel: str, text: str) -> None:
        """Hand a text to all who receive on the channel now. Raises `LinkDown`."""

    def receive(self, channel: str) -> AsyncIterator[str | None]:
        """None as soon as the subscription holds, then every text; an empty one where none came for
        `HEALTH_CHECK` seconds and the broker has said that it is there. Raises `LinkDown`."""

    async def close(self) -> None:
        """Let go of every connection."""
