"""Reacting by form: on the message's page, where each reaction is a button and says whose it is."""

import pytest

from db.users import User
from tests.applications import Site, database_away
from tests.clients import Visitor
from tests.factories import make_conversation, make_message
from tests.pages import attribute, errors, parsed, text_of


@pytest.fixture
async def path(user: User, other: User) -> str:
    """Ada has said something, then Bob."""
    chat = await make_conversation([user, other])
    await make_message(user, chat)
    await make_message(other, chat, "Answer")
    return f"/chat/{chat}/"


def forms_of(html: str) -> dict[str, tuple[str, dict[str, str]]]:
    """What the buttons for reactions on a message's page say, and their fields, by emoji."""
    found = {}
    for form in parsed(html).select("form[data-react]"):
        fields = {
            attribute(each, "name"): attribute(each, "value") for each in form.select("input")
        }
        words = " ".join(text_of(form.button).split())
        found[fields["emoji"]] = words, fields
    return found


async def test_each_reaction_on_the_page_is_a_button_that_toggles(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    words, fields = forms_of((await bob.get(f"{path}1/")).text)["👍"]
    assert (words, fields["on"]) == ("👍 thumbs up", "1")
    saved = await bob.post(f"{path}1/react/", **fields)
    assert saved.status_code == 303
    place, _, fragment = saved.headers["location"].partition("#")
    assert place == f"{path}?at=1"
    message = parsed((await ada.get(place)).text).find(id=fragment)
    assert message is not None
    link = message.select_one("a.reaction")
    assert " ".join(text_of(link).split()) == "👍 1"
    assert (attribute(link, "data-emoji"), attribute(link, "data-count")) == ("👍", "1")
    assert (attribute(link, "href"), attribute(link, "title")) == (f"{path}1/#reactions", "Bob")
    words, fields = forms_of((await ada.get(f"{path}1/")).text)["👍"]
    assert (words, fields["on"]) == ("👍 1 with thumbs up Bob React too", "1")
    await ada.post(f"{path}1/react/", **fields)
    words, fields = forms_of((await ada.get(f"{path}1/")).text)["👍"]
    assert (words, fields["on"]) == ("👍 2 with thumbs up You and Bob Yours: take back", "0")
    await ada.post(f"{path}1/react/", **fields)
    assert forms_of((await bob.get(f"{path}1/")).text)["👍"][0].startswith("👍 1 ")


async def test_any_emoji_can_be_typed_and_what_is_none_comes_back(ada: Visitor, path: str) -> None:
    refused = await ada.post(f"{path}1/react/", emoji="<b>", on="1")
    assert refused.status_code == 422
    assert errors(refused.text) == {"emoji": "A reaction is one emoji."}
    field = parsed(refused.text).select_one("input#emoji")
    assert (attribute(field, "value"), attribute(field, "required")) == ("<b>", "")
    assert (await ada.post(f"{path}1/react/", emoji=" 🦄 ", on="1")).status_code == 303
    page = await ada.page(path)
    assert page.messages()[0].reactions == (("🦄", 1),)


async def test_htmx_gets_the_message_or_a_sentence(ada: Visitor, path: str) -> None:
    first, again = [await ada.hx_post(f"{path}2/react/", emoji="👍", on="1") for _ in range(2)]
    assert (first.status_code, first.text) == (200, again.text)
    assert 'data-emoji="👍" data-count="1"' in first.text
    refused = await ada.hx_post(f"{path}2/react/", emoji="no", on="1")
    assert refused.status_code == 422
    assert text_of(parsed(refused.text).select_one("p.error")) == "A reaction is one emoji."


async def test_the_menu_has_the_usual_reactions(ada: Visitor, path: str) -> None:
    await ada.post(f"{path}2/react/", emoji="😂", on="1")
    menu = parsed((await ada.get(f"{path}2/", HX_Request="true")).text)
    buttons = menu.select(".quick form button")
    assert [text_of(each)[0] for each in buttons] == ["👍", "❤", "😂", "😮", "😢", "🙏"]
    assert [attribute(each, "aria-pressed") for each in buttons].index("true") == 2


async def test_who_is_mine_is_said_by_the_persons_style_sheet(
    ada: Visitor, bob: Visitor, user: User, other: User, path: str
) -> None:
    for visitor in (bob, ada):
        await visitor.post(f"{path}1/react/", emoji="👍", on="1")
    link = parsed((await ada.get(path)).text).select_one("a.reaction")
    assert attribute(link, "data-by") == f"{other.id} {user.id}"
    assert f'.reaction[data-by~="{user.id}"]' in (await ada.get(f"/users/{user.id}/mine.css")).text


async def test_an_unsent_message_takes_no_reactions(ada: Visitor, bob: Visitor, path: str) -> None:
    await bob.post(f"{path}1/react/", emoji="👍", on="1")
    await ada.post(f"{path}1/unsend/")
    page = await bob.get(f"{path}1/")
    assert forms_of(page.text) == {}
    assert parsed(page.text).select(".reaction") == []
    refused = await bob.post(f"{path}1/react/", emoji="👍", on="1")
    assert refused.status_code == 422
    assert "This message was unsent." in refused.text


@pytest.mark.parametrize("on", ["", "2", "true"])
async def test_a_damaged_form_is_refused(ada: Visitor, path: str, on: str) -> None:
    assert (await ada.post(f"{path}1/react/", emoji="👍", on=on)).status_code == 400


async def test_an_outsider_learns_nothing(site: Site, path: str) -> None:
    [eve] = await site.people("eve")
    for position in (1, 9):
        refused = await eve.post(f"{path}{position}/react/", emoji="👍", on="1")
        assert refused.status_code == 404


async def test_nothing_is_acknowledged_without_a_database(ada: Visitor, path: str) -> None:
    await ada.get(path)
    with database_away():
        assert (await ada.post(f"{path}1/react/", emoji="👍", on="1")).status_code == 503
    assert (await ada.page(path)).messages()[0].reactions == ()


async def test_the_address_of_the_form_leads_to_the_message(ada: Visitor, path: str) -> None:
    answer = await ada.get(f"{path}1/react/")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}1/")
