"""One to three emoji and nothing else are shown large."""

import pytest

from render.emoji import is_large


@pytest.mark.parametrize("text", ["🎉", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "❤️", "🎉 🎉\n🎉", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_a_few_emoji_alone_are_large(text: str) -> None:
    assert is_large(text)


@pytest.mark.parametrize(
    "text", ["", "a", "🎉🎉🎉🎉", "Yes 🎉", "12", "©", "中", "🎉" * 100, "\u200d"]
)
def test_all_else_is_not(text: str) -> None:
    assert not is_large(text)
