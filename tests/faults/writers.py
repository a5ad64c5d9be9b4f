"""Those who write under fire: each message under one client_id until it is acknowledged."""

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections import Counter
from contextlib import AsyncExitStack
from typing import Self

import httpx

from tests.clients import NotAcknowledged, Visitor
from tests.faults.readers import FollowingSocket

ANSWERED_WITHIN = 15.0
"""Seconds that a page waits for the answer to a POST (static/js/outbox.js)."""


class Writer(ABC):
    """A person at the composer of one conversation."""

    def __init__(
        self,
        visitor: Visitor,
        conversation_id: int,
        answers: Counter[str],
        waits: list[float],
    ) -> None:
        self.visitor = visitor
        self.path = f"/chat/{conversation_id}/"
        self.answers = answers
        self.waits = waits
        self.opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.opened.aclose()

    async def deliver(self, client_id: str, body: str) -> None:
        """Returns once it is acknowledged, however often it has to be sent."""
        failures = 0
        send = self.send
        while not await send(client_id, body):
            send = self.post
            await asyncio.sleep(random.uniform(0.1, 0.2) * 2 ** min(failures, 3))  # noqa: S311
            failures += 1

    @abstractmethod
    async def send(self, client_id: str, body: str) -> bool:
        """Whether it was acknowledged."""

    async def post(self, client_id: str, body: str) -> bool:
        """As htmx does. Only the fragment itself acknowledges."""
        answer = await self.request(client_id, body, **{"HX-Request": "true"})
        if answer is None:
            return False
        return self.noted(answer, answer.status_code == 200 and f"-{client_id}" in answer.text)

    async def request(self, client_id: str, body: str, **headers: str) -> httpx.Response | None:
        begun = time.monotonic()
        try:
            answer = await self.visitor.http.post(
                f"{self.path}messages/",
                data={"client_id": client_id, "body": body},
                headers=headers,
                timeout=ANSWERED_WITHIN,
            )
        except httpx.HTTPError as error:
            self.answers[type(error).__name__] += 1
            return None
        self.waits.append(time.monotonic() - begun)
        return answer

    def noted(self, answer: httpx.Response, acknowledged: bool) -> bool:
        assert acknowledged or is_tried_again(answer.status_code), (answer.status_code, answer.text)
        self.answers["acknowledged" if acknowledged else str(answer.status_code)] += 1
        return acknowledged


class ByPost(Writer):
    async def send(self, client_id: str, body: str) -> bool:
        return await self.post(client_id, body)


class ByForm(Writer):
    """Without JavaScript: 303 acknowledges."""

    async def send(self, client_id: str, body: str) -> bool:
        return await self.post(client_id, body)

    async def post(self, client_id: str, body: str) -> bool:
        answer = await self.request(client_id, body)
        return answer is not None and self.noted(answer, answer.status_code == 303)


class BySocket(Writer):
    """A frame first, then by POST what was not acknowledged in time."""

    async def __aenter__(self) -> Self:
        self.tab = FollowingSocket(self.visitor, self.path, persistent=True)
        await self.opened.enter_async_context(self.tab)
        return self

    async def send(self, client_id: str, body: str) -> bool:
        try:
            await self.tab.send(body, client_id)
        except NotAcknowledged:
            self.answers["no fragment on the socket"] += 1
            return False
        self.answers["acknowledged"] += 1
        return True


WAYS: dict[str, type[BySocket | ByPost | ByForm]] = {"ws": BySocket, "htmx": ByPost, "form": ByForm}


class Changer:
    """A person who changes what is said in one conversation: each change is sent until it is
    answered."""

    def __init__(self, visitor: Visitor, conversation_id: int, answers: Counter[str]) -> None:
        self.visitor = visitor
        self.path = f"/chat/{conversation_id}/"
        self.answers = answers

    async def change(self, form: str, **fields: str) -> bool:
        """Whether it was acknowledged, in the end; else it was refused."""
        failures = 0
        while True:
            status = await self.post(form, fields)
            if not is_tried_again(status):
                assert status in (200, 409, 422), (form, status)
                self.answers[f"{form.split('/')[1]} {status}"] += 1
                return status == 200
            await asyncio.sleep(random.uniform(0.1, 0.2) * 2 ** min(failures, 3))  # noqa: S311
            failures += 1

    async def post(self, form: str, fields: dict[str, str]) -> int:
        try:
            answer = await self.visitor.http.post(
                f"{self.path}{form}",
                data=fields,
                headers={"HX-Request": "true"},
                timeout=ANSWERED_WITHIN,
            )
        except httpx.HTTPError:
            return 599
        return answer.status_code


def is_tried_again(status: int) -> bool:
    """Whether a page sends it once more: it was not stored, or not yet."""
    return status == 429 or status >= 500
