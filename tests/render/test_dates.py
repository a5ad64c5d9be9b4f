"""Times made readable."""

from datetime import UTC, datetime, timedelta

import pytest

from render import dates
from render.dates import ago_or_day, clock, day, iso


def test_times_are_in_utc() -> None:
    moment = int(datetime(2026, 11, 3, 6, 5, 4, tzinfo=UTC).timestamp() * 1000) + 999
    assert iso(moment) == "2026-11-03T06:05:04Z"
    assert clock(moment) == "06:05"


def test_days_are_called_as_people_call_them(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 27, 0, 30, tzinfo=UTC)
    monkeypatch.setattr(dates, "today", lambda: now)
    named = [day(int((now - timedelta(days)).timestamp() * 1000)) for days in (0, 1, 4, 6, 7, 365)]
    assert named == ["Today", "Yesterday", "Monday", "Saturday", "20 November", "27 November 2025"]


def test_a_time_of_today_is_a_time_and_any_other_a_date() -> None:
    today = datetime.now(UTC)
    now = int(today.timestamp() * 1000)
    assert ago_or_day(now) in (clock(now), f"{today.day} {today:%b}")
    assert ago_or_day(0) == "1 Jan 1970"
    other = today.replace(month=7 if today.month < 7 else 1, day=15)
    assert ago_or_day(int(other.timestamp() * 1000)) == f"15 {other:%b}"
