"""Times as people type them, in the zone where they are."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from actions.changes import transaction
from actions.errors import Invalid
from db import users
from db.users import User

DEFAULT = "UTC"
MORNING = 9
"""The hour of the times that are proposed."""


@cache
def names() -> list[str]:
    """The zones that can be chosen."""
    places = [name for name in available_timezones() if "/" in name and not name.startswith("Etc/")]
    return [DEFAULT, *sorted(places)]


def known(name: str | None) -> str | None:
    """A zone's name if there is such a zone."""
    return name if name == DEFAULT or name in available_timezones() else None


async def of(user: User) -> str | None:
    """The zone that a user has chosen."""
    return known(await users.get_time_zone(user.id))


async def remember(user: User, name: str) -> None:
    """Raises `Invalid` where there is no such zone."""
    if not known(name):
        raise Invalid(time_zone="Choose a time zone.")
    if name != await users.get_time_zone(user.id):
        async with transaction():
            await users.update_time_zone(user.id, name)


def moment(text: str, zone: str) -> int:
    """The moment of an ISO 8601 time, which without a zone of its own is in `zone`. Raises
    `Invalid`. A time that comes twice as clocks go back is the first of them."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(send_at="Choose a date and a time.") from None
    if time.tzinfo is None:
        time = time.replace(tzinfo=ZoneInfo(zone))
        if time.astimezone(UTC).astimezone(time.tzinfo).replace(fold=0) != time:
            raise Invalid(send_at="There is no such time that day: clocks go forward over it.")
    try:
        return int(time.timestamp() * 1000)
    except (OverflowError, ValueError):
        raise Invalid(send_at="Choose a date and a time.") from None


def local(milliseconds: int, zone: str) -> str:
    """A moment as a field for a date and a time has it."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def proposed(now: int, zone: str) -> dict[str, str]:
    """Times that suit most, by what they are called."""
    today = datetime.fromtimestamp(now / 1000, ZoneInfo(zone)).replace(hour=MORNING, minute=0)
    tomorrow, monday = today + timedelta(days=1), today + timedelta(days=7 - today.weekday())
    times = {"Tomorrow": tomorrow} | ({} if monday == tomorrow else {"Monday": monday})
    return {f"{day} at {MORNING}:00": f"{time:%Y-%m-%dT%H:%M}" for day, time in times.items()}
