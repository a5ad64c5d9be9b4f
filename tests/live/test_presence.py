"""Who is connected to this process."""

from live.presence import at_inboxes, everybody
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
