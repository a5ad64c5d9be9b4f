"""Messages of one to three emoji and nothing else, which are shown large."""

from emoji import emoji_count, purely_emoji

MOST = 3
LONGEST = 64  # code points: a family has up to ten


def is_large(text: str) -> bool:
    return (
        text[:1] >= "\u203c"  # the first emoji but for digits, © and ®
        and len(text) <= LONGEST
        and purely_emoji(together := "".join(text.split()))
        and emoji_count(together) <= MOST
    )
