"""Sending by a form: the same rules with and without a script, and no text is ever lost."""

import httpx
import pytest

from db import engine
from routes import messages, rate_limit
from tests.applications import Site, database_away
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, make_user, new_id
from tests.pages import Page, attribute, parsed, text_of

TOO_LONG = "A message has at most 8,000 characters. This one has 8,001."
BLANK = "Type a message first."


@pytest.fixture
async def path(ada: Visitor) -> str:
    await make_user("bob")
    return f"/chat/{await ada.start('bob')}/"


async def bodies(ada: Visitor, path: str) -> list[str]:
    return (await ada.page(path)).bodies()


async def test_a_plain_form_leads_back_to_the_conversation(ada: Visitor, path: str) -> None:
    sent = await ada.post(f"{path}messages/", client_id=new_id(), body="Hello")
    assert (sent.status_code, sent.headers["location"]) == (303, path)
    assert await bodies(ada, path) == ["Hello"]


@pytest.mark.parametrize(("refresh", "query"), [("15", "?refresh=15"), ("1", ""), ("", "")])
async def test_a_plain_form_keeps_the_chosen_refresh(
    ada: Visitor, path: str, refresh: str, query: str
) -> None:
    sent = await ada.post(f"{path}messages/", client_id=new_id(), body="Hello", refresh=refresh)
    assert sent.headers["location"] == path + query
    refused = await ada.post(f"{path}messages/", client_id=new_id(), body=" ", refresh=refresh)
    hidden = parsed(refused.text).find("input", {"name": "refresh"})
    assert attribute(hidden, "value") == (refresh if query else "")


async def test_htmx_gets_the_message_without_a_cursor(ada: Visitor, path: str) -> None:
    client_id = new_id()
    sent = await ada.hx_post(f"{path}messages/", client_id=client_id, body="Hello")
    assert sent.status_code == 200
    page = Page()
    page.apply(sent.text)
    [message] = page.messages()
    assert message.id.endswith(client_id)
    assert (message.body, message.author, message.position) == ("Hello", "Ada", 1)
    assert page.cursor is None, "other messages may have come before this one"


async def test_a_repeat_is_answered_like_the_first(ada: Visitor, path: str) -> None:
    client_id = new_id()
    first = await ada.hx_post(f"{path}messages/", client_id=client_id, body="Hello")
    again = await ada.hx_post(f"{path}messages/", client_id=client_id, body="Hello")
    assert first.text == again.text
    assert (await ada.post(f"{path}messages/", client_id=client_id, body="")).status_code == 422
    plain = await ada.post(f"{path}messages/", client_id=client_id, body="Hello")
    assert plain.status_code == 303
    assert await bodies(ada, path) == ["Hello"]


async def test_other_words_in_a_form_that_was_sent_come_back_to_be_sent_as_another_message(
    ada: Visitor, path: str
) -> None:
    client_id = new_id()
    for post in (ada.post, ada.hx_post):
        await post(f"{path}messages/", client_id=client_id, body="Hello")
        refused = await post(f"{path}messages/", client_id=client_id, body="\nOther <words>")
        page = Page(refused.text)
        assert refused.status_code == 422
        assert "sent already, with another text" in page.error
        assert page.draft == "\nOther <words>"
        assert page.client_id != client_id
        again = await post(f"{path}messages/", client_id=page.client_id, body=page.draft)
        assert again.status_code < 400
    assert await bodies(ada, path) == ["Hello", "Other <words>", "Other <words>"]


@pytest.mark.parametrize(
    ("body", "sentence"), [("", BLANK), ("\u200b\r\n", BLANK), ("x" * 8001, TOO_LONG)]
)
async def test_a_refused_message_comes_back_with_a_sentence(
    ada: Visitor, path: str, body: str, sentence: str
) -> None:
    client_id = new_id()
    plain = await ada.post(f"{path}messages/", client_id=client_id, body=body)
    assert plain.status_code == 422
    page = Page(plain.text)
    assert page.error == sentence
    assert page.draft == body.replace("\r\n", "\n")
    assert page.client_id != client_id, "what is sent next is another message"
    assert page.bodies() == []
    fragment = await ada.hx_post(f"{path}messages/", client_id=client_id, body=body)
    assert fragment.status_code == 422
    page = Page()
    page.apply(fragment.text)
    assert page.refused == {client_id: sentence}
    textarea = parsed(fragment.text).find("textarea")
    assert text_of(textarea) == body.replace("\r\n", "\n")
    assert await bodies(ada, path) == []


async def test_a_draft_keeps_its_first_empty_line(ada: Visitor, path: str) -> None:
    refused = await ada.post(f"{path}messages/", client_id="damaged", body="\n\nHello <b>")
    assert Page(refused.text).draft == "\n\nHello <b>"


async def test_a_damaged_form_says_so_and_keeps_the_text(ada: Visitor, path: str) -> None:
    for client_id in ("", "x", "<script>"):
        refused = await ada.post(f"{path}messages/", client_id=client_id, body="Hello")
        assert refused.status_code == 422
        page = Page(refused.text)
        assert page.error.startswith("This form is damaged")
        assert page.draft == "Hello"
        sent = await ada.post(f"{path}messages/", client_id=page.client_id, body=page.draft)
        assert sent.status_code == 303


async def test_a_form_without_its_fields_is_refused(ada: Visitor, path: str) -> None:
    for content in (b"", b"%%%", b"body=x&body=y", b"\x00\xff", b"client_id=" + b"a" * 5000):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        refused = await ada.http.post(f"{path}messages/", content=content, headers=form)
        assert refused.status_code == 422
    files = {"client_id": b"x", "body": b"x"}
    assert (await ada.http.post(f"{path}messages/", files=files)).status_code == 422
    json = await ada.http.post(f"{path}messages/", json={"client_id": new_id(), "body": "Hello"})
    assert json.status_code == 422


async def test_the_author_is_the_signed_in_user(site: Site, ada: Visitor, path: str) -> None:
    bob = await make_user("eve")
    await ada.post(
        f"{path}messages/",
        client_id=new_id(),
        body="Hello",
        author_id=str(bob.id),
        position="99",
        created_at="0",
    )
    [message] = (await ada.page(path)).messages()
    assert (message.author, message.position) == ("Ada", 1)


async def test_a_form_of_another_user_is_refused_before_the_conversation_is_revealed(
    site: Site, ada: Visitor, path: str
) -> None:
    author = (await ada.page(path)).author
    [eve] = await site.people("eve")
    for post, sentence in ((eve.post, "Reload the conversation as"), (eve.hx_post, "data-refused")):
        refused = await post(f"{path}messages/", client_id=new_id(), body="Hello", author=author)
        assert refused.status_code == 422
        assert sentence in refused.text
        assert "Hello" in refused.text
    assert (await ada.page(path)).bodies() == []


async def test_a_message_whose_session_has_ended_is_kept_at_the_sign_in(
    ada: Visitor, path: str
) -> None:
    ada.http.cookies.clear()
    refused = await ada.post(f"{path}messages/", client_id=new_id(), body="\nHello <b> & all")
    assert refused.status_code == 401
    page = parsed(refused.text)
    kept = page.find("textarea")
    assert text_of(kept) == "\nHello <b> & all"
    assert attribute(page.find("input", {"name": "next"}), "value") == path
    fragment = await ada.hx_post(f"{path}messages/", client_id=new_id(), body="Hello")
    assert fragment.status_code == 401


async def test_posting_too_fast_asks_to_wait_and_loses_no_text(
    ada: Visitor, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id, author = new_id(), (await ada.page(path)).author
    with monkeypatch.context() as fewer:
        fewer.setattr(rate_limit.frames_and_posts, "rate", 0.001)
        fewer.setattr(rate_limit.frames_and_posts, "burst", 3)
        assert (await ada.hx_post(f"{path}messages/", client_id=new_id(), body="One")).is_success
        assert (await ada.hx_post(f"{path}typing/")).is_success
        assert (await ada.hx_post(f"{path}read/", position="1")).is_success
        fields = {"client_id": client_id, "author": author, "body": "\nHello <b>"}
        form = await ada.post(f"{path}messages/", **fields)
        fragment = await ada.hx_post(f"{path}messages/", **fields)
        others = [await ada.hx_post(f"{path}{what}/", position="1") for what in ("typing", "read")]
        for refused in (form, fragment, *others):
            assert refused.status_code == 429
            assert refused.headers["retry-after"] in ("999", "1000")
            assert "That was too much at once. Try again in 17 minutes." in refused.text
    page = Page(form.text)
    assert (page.draft, page.client_id, page.author) == ("\nHello <b>", client_id, author)
    page.apply(fragment.text)
    assert page.refused == {client_id: "That was too much at once. Try again in 17 minutes."}
    assert await bodies(ada, path) == ["One"]
    rate_limit.frames_and_posts._buckets.clear()  # as if a while had passed
    sent = await ada.post(f"{path}messages/", client_id=page.client_id, body=page.draft)
    assert sent.status_code == 303


async def test_whatever_goes_wrong_the_text_is_kept(
    ada: Visitor, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError

    def kept(answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, text_of(parsed(answer.text).find("textarea", id="kept"))

    fields = {"client_id": new_id(), "body": "\nHello <b>"}
    damaged = await ada.post(f"{path}messages/", **fields | {"client_id": new_id(), "seen": "x"})
    assert kept(damaged) == (400, fields["body"])
    assert kept(await ada.post("/chat/1/messages/", **fields)) == (404, fields["body"])
    monkeypatch.setattr(messages, "send", broken)
    assert kept(await ada.post(f"{path}messages/", **fields)) == (500, fields["body"])


async def test_others_may_post_while_one_is_too_fast(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await site.people("ada", "bob")
    chat = await ada.start("bob")
    monkeypatch.setattr(rate_limit.frames_and_posts, "rate", 0.001)
    monkeypatch.setattr(rate_limit.frames_and_posts, "burst", 1)
    typed = [(await one.hx_post(f"/chat/{chat}/typing/")).status_code for one in (ada, ada, bob)]
    assert typed == [204, 429, 204]


async def test_a_message_that_finds_no_database_is_kept_to_be_sent_again(
    ada: Visitor, path: str
) -> None:
    client_id, author = new_id(), (await ada.page(path)).author
    with database_away():
        fields = {"client_id": client_id, "author": author, "body": "\nHello <b>"}
        refused = await ada.post(f"{path}messages/", **fields)
        assert refused.status_code == 503
        fragment = await ada.hx_post(f"{path}messages/", client_id=client_id, body="Hello")
        assert fragment.status_code == 503
        assert fragment.headers["retry-after"] == "2"
    page = Page(refused.text)
    assert (page.draft, page.client_id, page.author) == ("\nHello <b>", client_id, author)
    form = parsed(refused.text).find("form", id="composer")
    assert attribute(form, "action") == f"{path}messages/"
    sent = await ada.post(attribute(form, "action"), client_id=page.client_id, body=page.draft)
    assert sent.status_code == 303
    assert await bodies(ada, path) == ["\nHello <b>".strip("\n")]


async def test_sending_asks_for_the_session_alone(
    ada: Visitor, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = engine.rows

    async def counted_rows(sql: str, **values: object) -> object:
        asked.append(sql)
        return await rows(sql, **values)

    monkeypatch.setattr(engine, "rows", counted_rows)
    sent = await ada.hx_post(f"{path}messages/", client_id=new_id(), body="Hello")
    assert sent.status_code == 200
    [session] = asked
    assert "FROM sessions" in session, "storing it checks whether the author takes part"


async def test_a_sent_client_id_of_another_conversation_is_refused(site: Site) -> None:
    user, other = await make_user("ada"), await make_user("bob")
    ada = await site.visitor(user)
    first = await make_conversation([user, other])
    second = await make_conversation([user, other], "Tea")
    message = await make_message(user, first, "Hello")
    refused = await ada.post(f"/chat/{second}/messages/", client_id=message.client_id, body="Hello")
    page = Page(refused.text)
    assert page.error.startswith("This was sent in another conversation already.")
    assert page.client_id != message.client_id
    sent = await ada.post(f"/chat/{second}/messages/", client_id=page.client_id, body=page.draft)
    assert sent.status_code == 303
