"""Every page and every fragment, as the server sends them: markup to be judged."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from jinja2 import Template

import render
import settings
from actions import demo, participants, receipts, search_index, users
from actions.receipt_updates import MOST
from app import MESSAGE_BYTES
from db import engine
from db.events import Event
from db.log.commit import commit
from db.users import User, get_by_username
from render.assets import asset
from routes.forms import LARGEST_NUMBER
from tests import factories
from tests.applications import Site
from tests.clients import Visitor
from tests.pages import parsed
from tests.waiting import eventually

PARTIAL = re.compile(
    r'<hx-partial hx-target="([^"]+)" hx-swap="[^"]+">(.*?)</hx-partial>', re.DOTALL
)
PLACES = {
    "#messages": '<div class="scroller"><ol id="messages" class="messages">{}</ol></div>',
    "#inbox": '<ol id="inbox">{}</ol>',
    "#typing": '<ul id="typing" class="typing-now">{}</ul>',
    "#presence": "{}",
    "#composer": "{}",
    "#menu": '<div class="menu actions-menu">{}</div>',
    "#pinned": '<p id="pinned">{}</p>',
    "#receipts": '<div id="receipts" hidden>{}</div>',
    "#heading": '<header class="conversation-head group">{}</header>',
    "#people": "{}",
    "#suggestions": "{}",
    "#naming": '<ul id="naming" role="listbox" aria-label="People to mention">{}</ul>',
    "#results": "<h1>Search</h1>{}",
    "#hits": "<h2>Messages</h2><ol class='rows hits'>{}</ol>",
}
"""What stands around a fragment on the page that it belongs to."""

SHELL = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>A fragment — Parley</title>
{styles}
</head>
<body class="app">
<main id="conversation" class="place {frame} group">
<h1>A fragment</h1>
{content}
</main>
</body>
</html>
"""


class Catalogue:
    """Markup by name. `templates` are those that it was made from."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.templates: set[str] = set()

    def add(self, name: str, status: int, response: httpx.Response) -> None:
        assert response.status_code == status, (name, response.status_code, response.text)
        assert name not in self.pages
        self.pages[name] = response.text

    def add_fragment(self, name: str, target: str, text: str, frame: str = "conversation") -> None:
        place = "css/pages.css" if frame == "page" else "css/chat.css"
        sheets = ["css/parley.css", "css/app.css", place, "css/scripted.css"]
        styles = "\n".join(f'<link rel="stylesheet" href="{asset(s)}">' for s in sheets)
        content = PLACES[target].format(text)
        self.pages[f"fragment {name}"] = SHELL.format(styles=styles, frame=frame, content=content)

    def add_frame(self, name: str, text: str) -> None:
        """Each partial of a frame, in a shell of its own."""
        for n, (target, content) in enumerate(PARTIAL.findall(text)):
            self.add_fragment(f"{name} {n}", target, content)

    @contextmanager
    def noting_templates(self) -> Iterator[None]:
        """Note which templates are rendered by name until the block ends."""
        get = render.templates.get_template

        def noted(name: str, *others: Any) -> Template:
            self.templates.add(name)
            return get(name, *others)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(render.templates, "get_template", noted)
            yield


async def collect(site: Site) -> Catalogue:
    """All that a site can show, from a demonstration that is put into its empty database."""
    catalogue = Catalogue()
    await demo.add_all()
    mira = await get_by_username("mira")
    assert mira is not None
    with catalogue.noting_templates():
        await add_signed_out(catalogue, await site.stranger())
        await add_own_pages(catalogue, await site.visitor(mira))
        await add_conversations(catalogue, site, mira)
        await add_long_lists(catalogue, site)
        await add_frames(catalogue, site, mira)
        await add_mishaps(catalogue, site, mira)
    return catalogue


async def add_signed_out(catalogue: Catalogue, stranger: Visitor) -> None:
    catalogue.add("sign up", 200, await stranger.get("/signup/?next=/people/"))
    refused = await stranger.post("/signup/", name=" ", username="Ada B", password="short")
    catalogue.add("sign up refused", 422, refused)
    catalogue.add("sign in", 200, await stranger.get("/login/"))
    refused = await stranger.post("/login/", username="mira", password="wrong")
    catalogue.add("sign in refused", 422, refused)
    for _ in range(11):
        refused = await stranger.post("/login/", username="nobody", password="wrong")
    catalogue.add("sign in too often", 429, refused)
    kept = await stranger.post("/chat/1/messages/", body="<Kept>\nand safe", client_id="x")
    catalogue.add("sign in with what was kept", 401, kept)
    catalogue.add("nothing there, signed out", 404, await stranger.get("/nothing"))


async def add_own_pages(catalogue: Catalogue, mira: Visitor) -> None:
    catalogue.add("inbox", 200, await mira.get("/"))
    catalogue.add("account", 200, await mira.get("/account/"))
    catalogue.add("account saved", 200, await mira.get("/account/?saved=name"))
    catalogue.add("name refused", 422, await mira.post("/account/name/", name=" "))
    refused = await mira.post("/account/password/", current="wrong", password="short")
    catalogue.add("password refused", 422, refused)
    refused = await mira.post("/account/delete/", delete="wrong")
    catalogue.add("deleting refused", 422, refused)
    catalogue.add("people", 200, await mira.get("/people/"))
    catalogue.add("people found", 200, await mira.get("/people/?q=th"))
    catalogue.add("people not found", 200, await mira.get("/people/?q=zz"))
    catalogue.add("search", 200, await mira.get("/search/"))
    catalogue.add("search found", 200, await mira.get("/search/?q=o"))
    catalogue.add("search found people", 200, await mira.get("/search/?q=jo"))
    catalogue.add("search not found", 200, await mira.get("/search/?q=zz"))
    catalogue.add("nothing kept", 200, await mira.get("/saved/"))
    catalogue.add("search refused", 422, await mira.get("/search/?q=on:friday"))
    await eventually(search_index.index_all)  # False while the site's own is at it
    found = await mira.get("/search/?q=the")
    assert "<mark>" in found.text
    catalogue.add("messages found", 200, found)
    [line] = parsed((await mira.get("/")).text).select("#inbox .self")
    note = str(line["id"]).removeprefix("conversation-")
    catalogue.add("search in a conversation", 200, await mira.get(f"/search/?in={note}"))
    catalogue.add("found in it", 200, await mira.get(f"/search/?in={note}&q=buy"))
    catalogue.add("shortcuts", 200, await mira.get("/shortcuts/"))
    catalogue.add("new conversation", 200, await mira.get("/chat/new/"))
    suggesting = await mira.get("/chat/new/?to=theo&q=jo&title=Sailing")
    catalogue.add("new conversation with suggestions", 200, suggesting)
    refused = await mira.post("/chat/new/", to="nobody.here", title="x" * 500)
    catalogue.add("new conversation refused", 422, refused)
    catalogue.add("nothing there", 404, await mira.get("/nothing"))
    catalogue.add("damaged address", 400, await mira.get("/?before=x"))
    for name, place, path in (
        ("people", "#people", "/people/?q=th"),
        ("no people", "#people", "/people/?q=zz"),
        ("results", "#results", "/search/?q=jo"),
        ("found messages", "#results", "/search/?q=the"),
        ("earlier messages", "#hits", f"/search/?q=the&before={2**62}"),
        ("suggestions", "#suggestions", "/chat/new/suggestions/?q=jo"),
        ("no suggestions", "#suggestions", "/chat/new/suggestions/?q=zz"),
    ):
        response = await mira.get(path, HX_Request="true")
        assert response.status_code == 200
        catalogue.add_fragment(name, place, response.text, frame="page")


async def add_conversations(catalogue: Catalogue, site: Site, mira: User) -> None:
    visitor = await site.visitor(mira)
    inbox = await visitor.page("/")
    titles = {"group": "Book club", "direct": "Jonas", "right to left": "أمل", "own notes": "Note"}
    ids = {
        name: next(line.id for line in inbox.inbox() if title in line.text)
        for name, title in titles.items()
    }
    for name, id in ids.items():
        catalogue.add(name, 200, await visitor.get(f"/chat/{id}/"))
    await add_messages(catalogue, visitor, ids["group"], ids["own notes"])
    await add_places(catalogue, visitor, f"/chat/{ids['group']}/")
    await add_drafts(catalogue, visitor, ids["group"])
    group = await visitor.start("theo", "jonas", title="Sailing")
    catalogue.add("empty group", 200, await visitor.get(f"/chat/{group}/"))
    catalogue.add("people of a group", 200, await visitor.get(f"/chat/{group}/people/"))
    catalogue.add("leaving a group", 200, await visitor.get(f"/chat/{group}/leave/"))
    theo = await get_by_username("theo")
    assert theo is not None
    await add_mentions(catalogue, visitor, await site.visitor(theo), group)
    removing = await visitor.get(f"/chat/{group}/people/remove/?user={theo.id}")
    catalogue.add("removing somebody", 200, removing)
    await add_events(catalogue, visitor, mira)
    direct = await visitor.start("yuki")
    catalogue.add("empty direct", 200, await visitor.get(f"/chat/{direct}/"))
    catalogue.add("people of two", 200, await visitor.get(f"/chat/{direct}/people/"))
    much = {"body": "x" * MESSAGE_BYTES, "client_id": factories.new_id()}
    catalogue.add("too large", 413, await visitor.post(f"/chat/{group}/messages/", **much))
    refused = await visitor.hx_post(f"/chat/{group}/messages/", **much)
    assert refused.status_code == 413
    catalogue.add_fragment("too large", "#composer", refused.text)
    catalogue.add("leaving refused", 422, await visitor.post(f"/chat/{direct}/leave/"))
    refused = await visitor.post(f"/chat/{group}/messages/", body=" ", client_id=factories.new_id())
    catalogue.add("message refused", 422, refused)
    stale = {"body": "From someone else", "client_id": factories.new_id(), "author": "1"}
    refused = await visitor.post(f"/chat/{group}/messages/", **stale)
    catalogue.add("message of someone else", 422, refused)
    refused = await visitor.get(f"/chat/{group}/log/?viewer=1")
    catalogue.add("log of someone else", 401, refused)
    book_club = f"/chat/{ids['group']}/"
    catalogue.add("timed refresh", 200, await visitor.get(f"{book_club}?refresh=15"))
    catalogue.add("refreshed log", 200, await visitor.get(f"{book_club}log/?refresh=15"))
    catalogue.add("empty log", 200, await visitor.get(f"/chat/{direct}/log/"))


async def add_events(catalogue: Catalogue, visitor: Visitor, mira: User) -> None:
    """A group in which something has happened."""
    yuki = await get_by_username("yuki")
    assert yuki is not None
    group = await visitor.start("jonas", "yuki", title="Rowing")
    await commit([Event(group, mira.id, kind, 1, yuki.id) for kind in ("added", "joined")])
    await commit([Event(group, mira.id, "renamed", 1, title="Rowing & sailing")])
    removed = await visitor.post(f"/chat/{group}/people/remove/", user=str(yuki.id))
    assert removed.status_code == 303
    catalogue.add("group with event lines", 200, await visitor.get(f"/chat/{group}/"))
    catalogue.add("an event line", 200, await visitor.get(f"/chat/{group}/4/"))
    catalogue.add("inbox with an event line", 200, await visitor.get("/"))
    catalogue.add_frame("events", (await visitor.get(f"/poll/chat/{group}/?after=0")).text)


async def add_messages(catalogue: Catalogue, visitor: Visitor, group: int, notes: int) -> None:
    """Pages of messages: others' and one's own, as they are, edited and unsent."""
    own, edit = f"/chat/{notes}/1/", f"/chat/{notes}/1/edit/"
    catalogue.add("a message", 200, await visitor.get(f"/chat/{group}/5/"))
    replying = await visitor.get(f"/chat/{group}/?reply=5")
    catalogue.add("replying", 200, replying)
    fields = {"client_id": factories.new_id(), "body": "Yes", "reply_to": "5"}
    catalogue.add_frame("reply", (await visitor.hx_post(f"/chat/{group}/messages/", **fields)).text)
    catalogue.add("forwarding", 200, await visitor.get(f"/chat/{group}/5/forward/?to={notes}"))
    refused = await visitor.post(f"/chat/{group}/5/forward/")
    catalogue.add("forwarding refused", 422, refused)
    fields = {"client_id": factories.new_id(), "to": str(group)}
    forwarded = await visitor.hx_post(f"/chat/{group}/5/forward/", **fields)
    catalogue.add_frame("forwarded", forwarded.text)
    catalogue.add("the first message", 200, await visitor.get(f"/chat/{group}/1/"))
    for name, place, path in (("menu", "#menu", own), ("edit form", "#composer", edit)):
        response = await visitor.get(path, HX_Request="true")
        assert response.status_code == 200
        catalogue.add_fragment(name, place, response.text)
    refused = await visitor.post(f"/chat/{group}/5/react/", emoji="no", on="1")
    catalogue.add("reaction refused", 422, refused)
    await visitor.post(f"/chat/{group}/5/react/", emoji="👍", on="1")
    reacted = await visitor.hx_post(f"/chat/{group}/5/react/", emoji="🦄", on="1")
    catalogue.add_frame("reacted", reacted.text)
    catalogue.add("a message with reactions", 200, await visitor.get(f"/chat/{group}/5/"))
    refused = await visitor.post(edit, body=" ", revision="1")
    catalogue.add("edit refused", 422, refused)
    assert (await visitor.post(edit, body="Other words", revision="1")).status_code == 303
    catalogue.add("an edited message", 200, await visitor.get(own))
    outdated = await visitor.post(edit, body="Late words", revision="1")
    catalogue.add("edit outdated", 409, outdated)
    catalogue.add("unsending", 200, await visitor.get(f"{own}unsend/"))
    refused = await visitor.post(f"/chat/{group}/5/unsend/")
    catalogue.add("unsending refused", 422, refused)
    catalogue.add_frame("unsent", (await visitor.hx_post(f"{own}unsend/")).text)
    catalogue.add("an unsent message", 200, await visitor.get(own))
    late = await visitor.post(edit, body="Late words", revision="1")
    catalogue.add("edit of an unsent message", 422, late)


async def add_places(catalogue: Catalogue, visitor: Visitor, chat: str) -> None:
    """What is pinned and kept, and the ways to other places."""
    catalogue.add("nothing pinned", 200, await visitor.get(f"{chat}pinned/"))
    for position in (3, 5):
        await visitor.hx_post(f"{chat}{position}/pin/", on="1")
        assert (await visitor.hx_post(f"{chat}{position}/star/", on="1")).status_code == 204
    catalogue.add("pinned messages", 200, await visitor.get(f"{chat}pinned/"))
    catalogue.add("kept messages", 200, await visitor.get("/saved/"))
    catalogue.add("group with a pinned message", 200, await visitor.get(chat))
    catalogue.add("a pinned message", 200, await visitor.get(f"{chat}3/"))
    catalogue.add("places", 200, await visitor.get(f"{chat}places/"))
    catalogue.add("place refused", 422, await visitor.get(f"{chat}?on=x"))
    catalogue.add_frame("pinned line", (await visitor.get(f"/poll{chat}?after=1")).text)


async def add_drafts(catalogue: Catalogue, visitor: Visitor, group: int) -> None:
    """What is being written, and what is to be sent later."""
    chat = f"/chat/{group}/"
    for words in ("Shall we", "Another thought"):
        await visitor.post(f"{chat}draft/", body=words, client_id=factories.new_id())
    catalogue.add("drafts", 200, await visitor.get(chat))
    draft = await visitor.get(f"{chat}draft/", HX_Request="true")
    catalogue.add_fragment("other draft", "#composer", re.findall("<p.*</p>", draft.text)[0])
    refused = await visitor.hx_post(f"{chat}draft/", body="x" * 8001)
    catalogue.add_fragment("draft refused", "#composer", refused.text)
    catalogue.add("sending later", 200, await visitor.get(f"{chat}later/"))
    later = {
        "client_id": (id := factories.new_id()),
        "body": "Later",
        "send_at": "2001-01-01T09:00",
    }
    refused = await visitor.post(f"{chat}messages/", **later)
    catalogue.add("sending later refused", 422, refused)
    catalogue.add("nothing scheduled", 200, await visitor.get("/scheduled/"))
    later["send_at"] = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%MZ}"
    assert (await visitor.hx_post(f"{chat}messages/", **later)).status_code == 200
    catalogue.add("scheduled in a conversation", 200, await visitor.get(f"{chat}later/"))
    catalogue.add("with scheduled messages", 200, await visitor.get(chat))
    catalogue.add("a scheduled message", 200, await visitor.get(f"/scheduled/{id}/"))
    left = f"/chat/{await visitor.start('theo', 'jonas', title='Left')}/"
    await visitor.post(f"{left}draft/", body="Kept")
    await visitor.post(f"{left}messages/", **later | {"client_id": factories.new_id()})
    await visitor.post(f"{left}leave/")
    catalogue.add("scheduled", 200, await visitor.get("/scheduled/"))


async def add_mentions(catalogue: Catalogue, mira: Visitor, theo: Visitor, group: int) -> None:
    body = "@mira, @jonas and *@all*: 9 o’clock"
    await theo.post(f"/chat/{group}/messages/", client_id=factories.new_id(), body=body)
    catalogue.add("an inbox with a mention", 200, await mira.get("/"))
    catalogue.add("a mention", 200, await mira.get(f"/chat/{group}/"))
    for name, q in (("to be mentioned", ""), ("no one to be mentioned", "zz")):
        response = await mira.get(f"/chat/{group}/people/?q={q}", HX_Request="true")
        catalogue.add_fragment(name, "#naming", response.text)


async def add_long_lists(catalogue: Catalogue, site: Site) -> None:
    """Somebody with 40 conversations, one of them with 600 messages; and somebody with none."""
    ada = await factories.make_user("ada", name="Ada")
    bob = await factories.make_user("bob", name="Bob")
    for n in range(40):
        await factories.make_conversation([ada, bob], title=f"Group {n}", active_at=n)
    id = await factories.make_conversation([ada, bob])
    await factories.make_messages(bob, id, 600)
    visitor = await site.visitor(ada)
    catalogue.add("long inbox", 200, inbox := await visitor.get("/"))
    earlier = re.search(r'href="(/\?before=[^"]+)"', inbox.text)
    assert earlier
    catalogue.add("earlier inbox", 200, await visitor.get(earlier[1]))
    catalogue.add("middle of a log", 200, await visitor.get(f"/chat/{id}/?at=300"))
    page = await visitor.get(f"/chat/{id}/?before=300", HX_Request="true")
    catalogue.add_fragment("page of a log", "#messages", page.text)
    catalogue.add_frame("whole pane", (await visitor.get(f"/poll/chat/{id}/?after=1")).text)
    many = [ada, bob, *[await factories.make_user() for _ in range(MOST)]]
    crowd = await factories.make_conversation(many, "Crowd")
    await factories.make_message(ada, crowd)
    catalogue.add("big group", 200, await visitor.get(f"/chat/{crowd}/"))
    for each in many[1:]:
        receipts.deliver(each.id, {crowd: 1})
    await participants.read(bob, crowd, 1)

    async def is_read() -> bool:
        page = (await visitor.get(f"/chat/{crowd}/1/")).text
        return "Read by" in page and "Delivered to" in page

    await eventually(is_read)
    catalogue.add("a message that was read", 200, await visitor.get(f"/chat/{crowd}/1/"))
    newcomer = await site.visitor(await factories.make_user("eve"))
    catalogue.add("empty inbox", 200, await newcomer.get("/"))


async def add_frames(catalogue: Catalogue, site: Site, mira: User) -> None:
    """All that is pushed."""
    visitor = await site.visitor(mira)
    jonas = await get_by_username("jonas")
    assert jonas is not None
    other = await site.visitor(jonas)
    id = await visitor.start("jonas")
    async with visitor.connect(f"/ws/chat/{id}/?after=0&inbox=x") as socket:
        frames = str(await socket.recv())
        await other.hx_post(f"/chat/{id}/typing/")
        await other.hx_post(f"/chat/{id}/messages/", body="Now", client_id=factories.new_id())
        await other.hx_post("/delivered/", positions=f'{{"{id}": {LARGEST_NUMBER}}}')
        wanted = ('"#typing"', '"#presence"', '"#receipts" hx-swap="keyed"')
        async with other.connect(f"/ws/chat/{id}/"):
            while not all(f"hx-target={place}" in frames for place in wanted):
                frames += str(await socket.recv())
    catalogue.add_frame("pushed", frames)
    group = await visitor.start("jonas", "theo")
    async with visitor.connect(f"/ws/chat/{group}/") as socket:
        frames = str(await socket.recv())
        await other.post("/account/name/", name=jonas.name)
        while 'hx-target="#heading"' not in frames:
            frames += str(await socket.recv())
    catalogue.add_frame("renamed", frames)
    sent = await visitor.hx_post(f"/chat/{id}/messages/", body="Sent", client_id=factories.new_id())
    catalogue.add_frame("sent", sent.text)
    refused = await visitor.hx_post(f"/chat/{id}/messages/", body=" ", client_id=factories.new_id())
    catalogue.add_frame("refused", refused.text)


async def add_mishaps(catalogue: Catalogue, site: Site, mira: User) -> None:
    visitor = await site.visitor(mira)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "search", broken)
        catalogue.add("broken", 500, await visitor.get("/people/?q=th"))
    await engine.disconnect()
    catalogue.add("database away", 503, await visitor.get("/"))
    kept = await visitor.post("/chat/1/messages/", body="Kept", client_id=factories.new_id())
    catalogue.add("database away, text kept", 503, kept)
    await engine.connect(settings.DATABASE_URL, 5, 2.5)


async def broken(_: str) -> list[User]:
    raise ZeroDivisionError
