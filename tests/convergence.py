"""Users who talk in several tabs at once, and what holds of their pages afterwards."""

from db import messages
from tests.clients import LiveTab, Tab


async def talk(tab: Tab, name: str, number: int) -> list[str]:
    """Sends so many messages, one after the other, whatever it takes; their bodies."""
    bodies = [f"{name} {n}" for n in range(number)]
    for body in bodies:
        await tab.deliver(body)
    return bodies


async def converged(chat: int, number: int, *tabs: Tab, patience: float = 30) -> None:
    """Each message stands once, in the same order, on every screen and in the database; and where
    a tab is live it has come in that order, from the first on."""
    for tab in tabs:
        await tab.wait_for(lambda: has(tab, number), patience)  # noqa: B023
    stored = await messages.after(chat, 0, 10 * number)
    assert [message.position for message in stored] == list(range(1, number + 1))
    log = [(message.position, message.author_name, message.body) for message in stored]
    assert len({body for _, _, body in log}) == number
    for tab in tabs:
        assert [(m.position, m.author, m.body) for m in tab.messages()] == log, tab.tier
        if isinstance(tab, LiveTab):
            came = list(dict.fromkeys(tab.pushed))
            assert came == [message.position for message in stored], tab.tier


def has(tab: Tab, number: int) -> bool:
    """So many messages, each by the live connection too where there is one."""
    pushed = len(set(tab.pushed)) if isinstance(tab, LiveTab) else number
    return min(len(tab.messages()), pushed) >= number
