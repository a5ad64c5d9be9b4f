"""Who is connected to this process."""

from live.presence import connected, everybody


def test_somebody_is_connected_with_the_first_tab_until_the_last_one_goes() -> None:
    assert everybody() == []
    with connected(7):
        with connected(7), connected(8):
            assert set(everybody()) == {7, 8}
        assert everybody() == [7]
    assert everybody() == []
