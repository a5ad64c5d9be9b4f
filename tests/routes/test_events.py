"""Event lines on pages: what they say, and that they are no messages."""

import pytest

from actions.changes import SENTENCES
from db.events import Departure, Event
from db.log.change import Refusal
from db.log.commit import commit
from tests.applications import Site
from tests.factories import PASSWORD, make_conversation, make_message, make_user, new_id
from tests.pages import Page, attribute, errors, parsed, text_of

NOON = 1_795_780_800_000


def lines(html: str) -> list[str]:
    """The event lines of a page, without their times, and how a group began."""
    page = parsed(html)
    for time in page.select(".event time"):
        time.decompose()
    return [
        " ".join(text_of(line).split()).removesuffix(" ·")
        for line in page.select("#messages > li:not(.message)")
    ]


async def test_a_group_says_who_made_it_where_its_log_begins(site: Site) -> None:
    ada, bob, _ = await site.people("ada", "bob", "cem")
    tea = await ada.start("bob", "cem", title="Tea")
    html = (await bob.get(f"/chat/{tea}/")).text
    assert lines(html) == ["Ada made this group"]
    assert "A new group. Say what it is for." in html
    for n in range(51):
        await bob.hx_post(f"/chat/{tea}/messages/", client_id=new_id(), body=f"{n}")
    assert "Ada made this group" not in (await bob.get(f"/chat/{tea}/?before=99")).text
    assert lines((await bob.get(f"/chat/{tea}/?before=3")).text)[:1] == ["Ada made this group"]
    assert "made this group" not in (await ada.get(f"/chat/{await ada.start('bob')}/")).text
    assert "made this group" not in (await ada.get(f"/chat/{await ada.start('ada')}/")).text


async def test_who_leaves_is_removed_or_deletes_the_account_has_a_line(site: Site) -> None:
    ada, bob, cem, dan = await site.people("ada", "bob", "cem", "dan")
    tea = await ada.start("bob", "cem", "dan", title="Tea")
    await bob.post(f"/chat/{tea}/leave/")
    people = parsed((await ada.get(f"/chat/{tea}/people/")).text)
    [link] = [a for a in people.select("a") if text_of(a) == "Remove… Cem"]
    removed = attribute(link, "href").partition("=")[2]
    for _ in range(2):
        await ada.post(f"/chat/{tea}/people/remove/", user=removed)
        await bob.post(f"/chat/{tea}/leave/")
    await dan.post("/account/delete/", delete=PASSWORD)
    assert lines((await ada.get(f"/chat/{tea}/")).text) == [
        "Ada made this group",
        "Bob left the group",
        "Ada removed Cem",
        "Someone who left left the group",
    ]
    page = await ada.page("/")
    assert page.unread == 0
    assert "Someone who left left the group" in page.inbox()[0].text
    assert (await cem.get(f"/chat/{tea}/")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "person", "sentence"),
    [
        ("added", "bob", "Ada added Bob"),
        ("removed", "bob", "Ada removed Bob"),
        ("left", "ada", "Ada left the group"),
        ("joined", "ada", "Ada joined by a link"),
        ("renamed", None, "Ada renamed the group “<b>Cake</b>”"),
    ],
)
async def test_what_a_line_says(site: Site, kind: str, person: str | None, sentence: str) -> None:
    users = {name: await make_user(name) for name in ("ada", "bob", "cem")}
    tea = await make_conversation(list(users.values()), "Tea")
    about = users[person].id if person else None
    title = None if person else "<b>Cake</b>"
    await commit([Event(tea, users["ada"].id, kind, NOON, about, title)])
    cem = await site.visitor(users["cem"])
    html = (await cem.get(f"/chat/{tea}/")).text
    assert lines(html)[1:] == [sentence]
    preview = parsed((await cem.get("/")).text).select_one(".preview")
    assert " ".join(text_of(preview).split()) == sentence
    named = parsed(html).select(".event b")
    assert [attribute(b, "data-you") for b in named][:2] == ["You", "you"][: len(named)]
    assert attribute(named[0], "data-named") == str(users["ada"].id)


async def test_ones_own_style_sheet_says_you_for_ones_own_name_alone(site: Site) -> None:
    user = await make_user()
    ada = await site.visitor(user)
    style = (await ada.get(f"/users/{user.id}/mine.css")).text
    rule = style.partition(f'[data-you][data-named="{user.id}"]')[2].partition("#typing")[0]
    assert "display: none" in rule
    assert "content: attr(data-you)" in rule


async def test_every_change_of_a_line_is_refused_with_a_sentence(site: Site) -> None:
    user, other = await make_user("ada"), await make_user("bob")
    ada = await site.visitor(user)
    tea = await make_conversation([user, other], "Tea")
    await commit([Event(tea, user.id, "renamed", NOON, title="Cake")])
    path, sentence = f"/chat/{tea}/", SENTENCES[Refusal.EVENT]
    edited = await ada.post(f"{path}1/edit/", body="Other", revision="1")
    unsent = await ada.post(f"{path}1/unsend/")
    replied = await ada.post(f"{path}messages/", client_id=new_id(), body="Hi", reply_to="1")
    assert [answer.status_code for answer in (edited, unsent, replied)] == [422] * 3
    assert sentence in edited.text
    assert "Other" in edited.text
    assert errors(unsent.text) == {"form": sentence}
    forwarded = await ada.post(f"{path}1/forward/", client_id=new_id(), to=str(tea))
    assert (forwarded.status_code, errors(forwarded.text)) == (422, {"form": sentence})
    for form in ("pin", "star"):
        refused = await ada.post(f"{path}1/{form}/", on="1")
        assert (refused.status_code, errors(refused.text)) == (422, {"form": sentence}), form
    page = Page(replied.text)
    assert (page.error, page.draft) == (sentence, "Hi")
    assert 'name="reply_to"' not in replied.text
    frame = await ada.hx_post(f"{path}messages/", client_id=new_id(), body="Hi", reply_to="1")
    assert (frame.status_code, sentence in frame.text) == (422, True)


async def test_a_page_of_its_own_offers_nothing_but_the_way_back(site: Site) -> None:
    user, other = await make_user("ada"), await make_user("bob")
    ada = await site.visitor(user)
    tea = await make_conversation([user, other], "Tea")
    await make_message(other, tea)
    await commit([Departure(tea, other.id, "left", NOON, other.id)])
    response = await ada.get(f"/chat/{tea}/2/")
    assert response.status_code == 200
    page = parsed(response.text)
    assert text_of(page.h1) == "What happened"
    assert [text_of(each) for each in page.select(".actions > *")] == ["Show in conversation"]
    assert (await ada.get(f"/chat/{tea}/?at=2")).status_code == 200
    for form in ("edit", "unsend", "forward"):
        assert (await ada.get(f"/chat/{tea}/2/{form}/")).status_code == 303


async def test_the_line_of_new_messages_stands_before_a_message(site: Site) -> None:
    user, other, third = [await make_user(name) for name in ("ada", "bob", "cem")]
    ada = await site.visitor(user)
    tea = await make_conversation([user, other, third], "Tea")
    await commit([Departure(tea, third.id, "left", NOON, third.id)])
    html = (await ada.get(f"/chat/{tea}/")).text
    assert parsed(html).find(id="unread") is None
    await make_message(other, tea)
    page = parsed((await ada.get(f"/chat/{tea}/")).text)
    unread = page.find(id="unread")
    assert unread is not None
    following = unread.find_next_sibling("li")
    assert attribute(following, "data-position") == "2"
    assert attribute(page.find(id="messages"), "data-unread") == "1"
