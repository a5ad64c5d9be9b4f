"""Times (milliseconds since 1970) as the server writes them: in UTC; a script localises them."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 24 * 60 * 60_000


def iso(milliseconds: int) -> str:
    return iso_second(milliseconds // 1000)


@lru_cache(maxsize=128)  # messages of the same second share it
def iso_second(second: int) -> str:
    return f"{moment(second * 1000):%Y-%m-%dT%H:%M:%SZ}"


def clock(milliseconds: int) -> str:
    minutes = milliseconds // 60_000 % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def day(milliseconds: int) -> str:
    """A day as people call it today; static/js/days.js says the same in the reader's zone."""
    then, now = moment(milliseconds), today()
    ago = (now.date() - then.date()).days
    if ago in (0, 1):
        return ("Today", "Yesterday")[ago]
    if 1 < ago < 7:
        return f"{then:%A}"
    return f"{then.day} {then:%B}" + ("" if then.year == now.year else f" {then.year}")


def full(milliseconds: int) -> str:
    then = moment(milliseconds)
    return f"{then:%A} {then.day} {then:%B %Y}, {then:%H:%M} UTC"


def in_zone(milliseconds: int, zone: str) -> str:
    """A time as a zone's clocks show it."""
    then = datetime.fromtimestamp(milliseconds / 1000, ZoneInfo(zone))
    return f"{then:%A} {then.day} {then:%B %Y}, {then:%H:%M}"


def ago_or_day(milliseconds: int) -> str:
    """The time if it is today, else the date."""
    if milliseconds // DAY == int(time.time() * 1000) // DAY:
        return clock(milliseconds)
    then, today = moment(milliseconds), datetime.now(UTC)
    return f"{then.day} {then:%b}" + ("" if then.year == today.year else f" {then.year}")


def today() -> datetime:
    return datetime.now(UTC)


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
