"""Who is typing, on every tier."""

import asyncio

import pytest

from tests.applications import Site
from tests.clients import LIVE_TIERS, Tab
from tests.factories import make_conversation, make_user


async def until_typing(reader: Tab, writer: Tab, who: str) -> None:
    """Types until it shows, as one who types does."""
    typing = asyncio.create_task(type_on(writer))
    await reader.wait_for(lambda: who in reader.page.typing)
    typing.cancel()
    await asyncio.wait([typing])


async def type_on(writer: Tab) -> None:
    while True:
        await writer.type()
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("reading", LIVE_TIERS)
@pytest.mark.parametrize("writing", ["ws", "sse"])
async def test_others_see_typing_until_the_message_comes(
    site: Site, reading: str, writing: str
) -> None:
    user, other = await make_user("ada", "Ada"), await make_user("bob", "Bob")
    ada, bob = await site.visitor(user), await site.visitor(other)
    chat = await make_conversation([user, other])
    async with ada.tab(writing, chat) as writer, bob.tab(reading, chat) as reader:
        await until_typing(reader, writer, str(user.id))
        await writer.send("Hello")
        await reader.wait_for_bodies("Hello")
        assert reader.page.typing == set()


async def test_only_participants_can_publish_typing(site: Site) -> None:
    user = await make_user("ada")
    [eve] = await site.people("eve")
    chat = await make_conversation([user])
    assert (await eve.hx_post(f"/chat/{chat}/typing/")).status_code == 404
    assert (await (await site.stranger()).hx_post(f"/chat/{chat}/typing/")).status_code == 401
