"""Heartbeats: few parts while there are few readers, all parts alike when there are many."""

from collections import Counter

import pytest

from routes.streams import heartbeats
from routes.streams.heartbeats import PARTS, TOGETHER


class Heart:
    def beat(self) -> None:
        pass


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside those whom this test lets beat."""
    monkeypatch.setattr(heartbeats, "_parts", [set() for _ in range(PARTS)])


def joined(number: int) -> list[tuple[Heart, int]]:
    hearts = [Heart() for _ in range(number)]
    return [(heart, heartbeats.join(heart)) for heart in hearts]


def test_few_readers_look_together() -> None:
    assert sorted(Counter(part for _, part in joined(2 * TOGETHER + 1)).values()) == [
        1,
        TOGETHER,
        TOGETHER,
    ]


def test_many_are_divided_evenly() -> None:
    sizes = Counter(part for _, part in joined(PARTS * TOGETHER + 2 * PARTS))
    assert set(sizes.values()) == {TOGETHER + 2}


def test_who_comes_takes_the_place_of_who_has_gone() -> None:
    hearts = joined(3 * TOGETHER)
    heart, part = hearts[TOGETHER + 5]
    heartbeats.leave(heart, part)
    assert joined(1)[0][1] == part
