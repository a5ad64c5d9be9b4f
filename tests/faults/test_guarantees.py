"""docs/guarantees.md names tests that exist, at every promise."""

import re
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent.parent
PAGE = (HOME / "docs/guarantees.md").read_text()
PROMISES = {
    section.partition(" ")[0]: section
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
}
TESTS = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_promise_is_there() -> None:
    assert [name for name in PROMISES if name.startswith("G")] == [f"G{n}" for n in range(1, 15)]


@pytest.mark.parametrize("promise", [name for name in PROMISES if name.startswith("G")])
def test_a_promise_has_limits_tests_and_a_command(promise: str) -> None:
    assert "\n- Limits: " in PROMISES[promise]
    assert re.search(r"\n- Shown by `bin/(test|faults)", PROMISES[promise])
    named = TESTS.findall(PROMISES[promise])
    assert named
    for path, name in named:
        assert f"def {name}(" in (HOME / path).read_text(), f"{path} has no {name}"
