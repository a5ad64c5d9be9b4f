"""The search for garbage: rare while the process serves, as it was before and after."""

import gc

from live.process import garbage


def test_what_is_there_is_passed_over_and_all_is_as_before_in_the_end() -> None:
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    with garbage.rarely_collected():
        assert gc.get_threshold() == (garbage.YOUNG, *thresholds[1:])
        assert gc.get_freeze_count() > frozen
    assert gc.get_threshold() == thresholds
    assert gc.get_freeze_count() == 0
