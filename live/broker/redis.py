"""Redis's publish/subscribe."""

from collections.abc import AsyncIterator

from redis import asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from live.broker.driver import HEALTH_CHECK

PUBLISH_TIMEOUT = 1.0


class RedisDriver:
    limit = 64 * 1024 * 1024

    def __init__(self, url: str) -> None:
        self._publisher = redis.Redis.from_url(
            url,
            socket_timeout=PUBLISH_TIMEOUT,
            socket_connect_timeout=PUBLISH_TIMEOUT,
            # A pooled connection may be stale after a restart of Redis: retry on a new one.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        self._subscriber = redis.Redis.from_url(
            url,
            socket_connect_timeout=PUBLISH_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )

    async def publish(self, channel: str, text: str) -> None:
        await self._publisher.publish(channel, text)

    async def receive(self, channel: str) -> AsyncIterator[str | None]:
        async with self._subscriber.pubsub() as pubsub:
            await pubsub.subscribe(channel)
            while True:
                message = await pubsub.get_message(timeout=HEALTH_CHECK)
                if message is None:
                    await pubsub.ping()
                elif message["type"] == "subscribe":
                    yield None
                elif message["type"] == "message":
                    yield message["data"].decode()
                elif message["type"] == "pong":
                    yield ""

    async def close(self) -> None:
        await self._subscriber.aclose()
        await self._publisher.aclose()
