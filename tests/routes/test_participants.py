"""Who takes part, as pages."""

import pytest

from tests.applications import Site
from tests.factories import make_conversation, make_messages, make_user
from tests.pages import attribute, parsed, text_of


async def test_reading_is_recorded_for_the_reader_only(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    visitor = await site.visitor(ada)
    chat = await make_conversation([ada, bob])
    await make_messages(bob, chat, 3)
    assert (await visitor.page("/")).unread == 3
    assert (await visitor.hx_post(f"/chat/{chat}/read/", position="2")).status_code == 204
    assert (await visitor.page("/")).unread == 1
    assert (await visitor.hx_post(f"/chat/{chat}/read/", position="1")).status_code == 204
    assert (await visitor.hx_post(f"/chat/{chat}/read/", position="9")).status_code == 204
    assert (await visitor.page("/")).unread == 1
    assert (await (await site.visitor(bob)).page("/")).unread == 0


@pytest.mark.parametrize("position", ["", "x", "-1", "9" * 17])
async def test_an_invalid_position_is_a_bad_request(site: Site, position: str) -> None:
    ada = await make_user("ada")
    visitor = await site.visitor(ada)
    chat = await make_conversation([ada])
    refused = await visitor.post(f"/chat/{chat}/read/", position=position)
    assert refused.status_code == 400
    assert "“position” must be a whole number." in refused.text


async def test_a_group_is_left(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    visitor = await site.visitor(bob)
    chat = await make_conversation([ada, bob], "Tea")
    page = parsed((await visitor.get(f"/chat/{chat}/people/")).text)
    assert [text_of(handle) for handle in page.select(".handle")] == ["ada", "bob"]
    assert page.select("a[href*='/people/remove/']") == []
    assert page.find("form", action=f"/chat/{chat}/leave/") is None, "leaving asks first"
    leave = parsed((await visitor.get(f"/chat/{chat}/leave/")).text)
    assert "Leave Tea?" in text_of(leave.find("h1"))
    assert leave.find("form", action=f"/chat/{chat}/leave/", method="post")
    assert (await visitor.get(f"/chat/{chat}/")).status_code == 200, "asking changes nothing"
    left = await visitor.post(f"/chat/{chat}/leave/")
    assert (left.status_code, left.headers["location"]) == (303, "/")
    assert (await visitor.get(f"/chat/{chat}/")).status_code == 404
    assert (await visitor.page("/")).inbox() == []


async def test_only_the_creator_of_a_group_can_remove_others(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    makers, others = await site.visitor(ada), await site.visitor(bob)
    chat = await make_conversation([ada, bob], "Tea")
    page = parsed((await makers.get(f"/chat/{chat}/people/")).text)
    assert page.find("form", action=f"/chat/{chat}/people/remove/") is None, "removing asks first"
    [link] = page.select("a[href*='/people/remove/']")
    asked = parsed((await makers.get(attribute(link, "href"))).text)
    assert "Remove Bob from Tea?" in text_of(asked.find("h1"))
    form = asked.find("form", action=f"/chat/{chat}/people/remove/", method="post")
    assert attribute(form.find("input", {"name": "user"}) if form else None, "value") == str(bob.id)
    assert (await others.get(f"/chat/{chat}/")).status_code == 200, "asking changes nothing"
    for visitor, user in ((others, ada), (makers, ada)):
        path = f"/chat/{chat}/people/remove/?user={user.id}"
        assert (await visitor.get(path)).headers["location"] == f"/chat/{chat}/people/"
    refused = await others.post(f"/chat/{chat}/people/remove/", user=str(ada.id))
    assert refused.status_code == 422
    assert "Only the person who created this group" in refused.text
    removed = await makers.post(f"/chat/{chat}/people/remove/", user=str(bob.id))
    assert removed.headers["location"] == f"/chat/{chat}/people/"
    assert (await others.get(f"/chat/{chat}/")).status_code == 404
    damaged = await makers.post(f"/chat/{chat}/people/remove/", user="x")
    assert damaged.status_code == 400


async def test_a_conversation_of_two_cannot_be_left(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    visitor = await site.visitor(ada)
    chat = await make_conversation([ada, bob])
    refused = await visitor.post(f"/chat/{chat}/leave/")
    assert refused.status_code == 422
    assert "A conversation between two people cannot be left." in refused.text
    asked = await visitor.get(f"/chat/{chat}/leave/")
    assert asked.headers["location"] == f"/chat/{chat}/people/"
    assert (await visitor.get(f"/chat/{chat}/")).status_code == 200
