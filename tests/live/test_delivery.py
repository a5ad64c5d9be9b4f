"""What one turn of the loop brings: joined, in order, and in slices where there are many."""

from collections.abc import Iterator

import pytest

from live import hub, metrics
from live.delivery import OUT_OF_ORDER, Delivery
from live.publication import ENDING, EVERYBODY, Publication
from tests.waiting import eventually


class Listener:
    """A subscriber that records its deliveries, and their order among subscribers."""

    def __init__(self, heard: list[str]) -> None:
        self.heard = heard
        self.deliveries: list[Delivery] = []

    def put(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self.heard.append(delivery.text)


def change(revision: int | None, text: str = "x") -> Publication:
    return Publication("conversation/1", text, revision)


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def room(heard: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Listener]]:
    """Five subscribers, delivered to two at a time. None is left in the hub."""
    monkeypatch.setattr(hub, "SLICE", 2)
    listeners = [Listener(heard) for _ in range(5)]
    for listener in listeners:
        hub.join(listener, "conversation/1")
    yield listeners
    for listener in listeners:
        hub.leave(listener, "conversation/1")
    assert not hub.subscriber_count()


@pytest.mark.parametrize(
    ("revisions", "span"),
    [
        ([5], (4, 5)),
        ([5, 6, 7], (4, 7)),
        ([None, 5, None, 6], (4, 6)),
        ([None, None], (None, None)),
        ([5, 7], (OUT_OF_ORDER, OUT_OF_ORDER)),
        ([5, 5], (OUT_OF_ORDER, OUT_OF_ORDER)),
        ([6, 5], (OUT_OF_ORDER, OUT_OF_ORDER)),
    ],
)
def test_a_turn_leads_from_one_cursor_to_another(
    revisions: list[int | None], span: tuple[int | None, int | None]
) -> None:
    delivery = Delivery("conversation/1", [change(revision) for revision in revisions])
    assert (delivery.from_revision, delivery.to_revision) == span
    assert delivery.text == "x" * len(revisions)


def test_a_change_that_stands_for_several_leaves_no_gap() -> None:
    twice = Publication("conversation/1", "x", 7, previous_revision=5)
    delivery = Delivery("conversation/1", [change(5), twice, change(8)])
    assert (delivery.from_revision, delivery.to_revision) == (4, 8)
    assert Delivery("conversation/1", [change(6), twice]).from_revision == OUT_OF_ORDER


@pytest.mark.parametrize(
    "publication",
    [change(5, ""), Publication("inbox/1"), Publication("rights/1", "session/x"), ENDING],
)
def test_what_has_to_be_read_or_obeyed_is_nobodys_to_be_given(publication: Publication) -> None:
    assert Delivery(publication.topic, [publication]).from_revision == OUT_OF_ORDER


async def test_publications_of_one_topic_are_one_turn_and_rights_come_first() -> None:
    heard: list[str] = []
    listener = Listener(heard)
    topics = ("conversation/1", "inbox/1", "rights/1")
    hub.join(listener, *topics)
    hub.deliver(
        change(1, "a"),
        Publication("inbox/1", "line"),
        change(2, "b"),
        Publication("rights/1", "end"),
        Publication("conversation/2", "elsewhere"),
    )
    hub.leave(listener, *topics)
    assert heard == ["end", "ab", "line"]


async def test_a_big_room_is_served_in_slices_and_what_comes_meanwhile_is_its_next_turn(
    heard: list[str], room: list[Listener]
) -> None:
    hub.deliver(change(1, "a"))
    assert heard == ["a", "a"], "others have their turn of the loop"
    hub.deliver(change(2, "b"))
    hub.deliver(change(3, "c"))
    await eventually(lambda: len(heard) == 10)
    assert heard == ["a"] * 5 + ["bc"] * 5
    assert [[delivery.text for delivery in listener.deliveries] for listener in room] == [
        ["a", "bc"]
    ] * 5


async def test_each_slice_is_measured_once(
    heard: list[str], room: list[Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []
    monkeypatch.setattr(metrics, "delivered", lambda handed, seconds: measured.append(handed))
    hub.deliver(change(1, "a"))
    hub.deliver(change(2, "b"))
    await eventually(lambda: len(heard) == 10)
    assert [handed for handed in measured if handed] == [2, 2, 1, 2, 2, 1]


async def test_a_subscriber_that_fails_keeps_nothing_from_the_others() -> None:
    class Failing(Listener):
        def put(self, delivery: Delivery) -> None:
            raise ValueError

    heard: list[str] = []
    listeners = [Failing([]), Listener(heard), Failing([]), Listener(heard)]
    for listener in listeners:
        hub.join(listener, "conversation/1")
    hub.deliver(change(1, "a"))
    for listener in listeners:
        hub.leave(listener, "conversation/1")
    assert heard == ["a", "a"]


async def test_joining_while_the_process_ends_delivers_the_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "is_ending", True)
    listener = Listener([])
    hub.join(listener, "conversation/1")
    hub.leave(listener, "conversation/1")
    assert [delivery.topic for delivery in listener.deliveries] == [EVERYBODY]
