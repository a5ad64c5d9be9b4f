"""Who is connected to this process."""

import pytest

import settings
from live.presence import at_inboxes, come, everybody, go, has_room
from tests.factories import connected


def test_a_user_is_connected_from_the_first_tab_to_the_last() -> None:
    assert everybody() == []
    with connected(7, shows_inbox=True):
        with connected(7, shows_inbox=False), connected(8, shows_inbox=False):
            assert set(everybody()) == {7, 8}
            assert set(at_inboxes()) == {7}
        assert everybody() == [7]
    assert everybody() == []
    assert not at_inboxes()


def test_where_no_address_is_known_only_people_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CONNECTIONS_PER_ADDRESS", 1)
    monkeypatch.setattr(settings, "CONNECTIONS_PER_PERSON", 2)
    for address in ("", "192.0.2.7"):
        come(7, address, shows_inbox=False)
    assert has_room(8, "")
    assert not has_room(8, "192.0.2.7")
    assert not has_room(7, "")
    for address in ("", "192.0.2.7"):
        go(7, address, shows_inbox=False)
    assert has_room(8, "192.0.2.7")
