"""How many accounts are created in an hour, from an address and in all."""

import math

import settings
from actions.changes import transaction
from actions.clock import now
from actions.errors import TooMany, duration
from db import login_attempts

HOUR = 60 * 60_000
ADDRESSES = 25
"""In all, as many may sign up as from so many addresses."""

NO_USERNAME = ""
"""A sign-up has no username to be counted by."""


async def count_signup(address: str) -> None:
    """Count a sign-up before the password is hashed, so that many at once cannot slip through.
    Raises `TooMany`."""
    limit = settings.SIGNUPS_PER_HOUR
    if not limit:
        return
    moment = now()
    async with transaction():
        await login_attempts.remove_before(moment - HOUR)
        for place, most in ((f"signup {address}", limit), ("signup", ADDRESSES * limit)):
            made = await login_attempts.after(NO_USERNAME, place, moment - HOUR)
            if len(made) >= most:
                refuse(made[-most] + HOUR - moment)
            await login_attempts.add(NO_USERNAME, place, moment)


def refuse(milliseconds: int) -> None:
    wait = math.ceil(milliseconds / 1000)
    raise TooMany(wait, form=f"Too many accounts were created. Try again in {duration(wait)}.")
