"""A flood of sign-ups."""

import asyncio
import time

from tests.applications import Site
from tests.factories import PASSWORD

FLOOD = 150
PROMPTLY = 3.0
"""Seconds, on a machine with two loaded cores. Without places of their own it took 9 to 22."""


async def test_a_flood_of_sign_ups_keeps_nobody_from_signing_in(site: Site) -> None:
    await (await site.stranger()).join("ada", "Ada", PASSWORD)
    ada, eve = await site.stranger(), await site.stranger()
    flood = [
        asyncio.create_task(eve.post("/signup/", username=f"eve{n}", name="Eve", password=PASSWORD))
        for n in range(FLOOD)
    ]
    await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
    began_at = time.monotonic()
    await ada.sign_in("ada", PASSWORD)
    assert time.monotonic() - began_at < PROMPTLY
    answers = await asyncio.gather(*flood)
    assert {answer.status_code for answer in answers} <= {303, 429}
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(answer.headers["retry-after"] == "2" for answer in refused)
