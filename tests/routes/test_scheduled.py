"""Sending later by form."""

from datetime import UTC, datetime, timedelta

import pytest

from actions import scheduled
from db.users import User
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import make_conversation, new_id
from tests.pages import attribute, errors, parsed, text_of

TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT}09:00"


@pytest.fixture
async def path(user: User, other: User) -> str:
    return f"/chat/{await make_conversation([user, other])}/"


async def schedule(visitor: Visitor, path: str, body: str = "Later") -> str:
    """The address of a message that waits."""
    later = {"client_id": (id := new_id()), "body": body, "send_at": f"{TOMORROW}+00:00"}
    answer = await visitor.post(f"{path}messages/", **later)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    return f"/scheduled/{id}/"


def form_of(html: str) -> dict[str, str]:
    form = parsed(html).select_one("main form:has(#text)")
    assert form is not None
    values = {attribute(each, "name"): attribute(each, "value") for each in form.select("input")}
    values["time_zone"] = text_of(form.select_one("option[selected]"))
    return values | {"body": text_of(form.find("textarea"))}


async def waiting(visitor: Visitor) -> list[str]:
    page = parsed((await visitor.get("/scheduled/")).text)
    return [text_of(text) for text in page.select(".scheduled .text")]


async def test_the_composers_button_takes_the_text_along(ada: Visitor, path: str) -> None:
    answer = await ada.post(f"{path}draft/", body="\nLater <b>", client_id=new_id(), later="1")
    assert answer.headers["location"] == f"{path}later/"
    form = form_of((await ada.get(f"{path}later/")).text)
    assert (form["body"], form["time_zone"]) == ("\nLater <b>", "UTC")
    form |= {"send_at": TOMORROW, "time_zone": "Asia/Tokyo"}
    answer = await ada.post(f"{path}messages/", **form)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    page = parsed((await ada.get(path)).text)
    assert text_of(page.find(id="body")) == ""
    assert text_of(page.select_one(".to-later a")) == "Scheduled messages"
    page = parsed((await ada.get(f"{path}later/")).text)
    [row] = page.select(".scheduled > li")
    assert text_of(row.select_one(".text")) == "Later <b>"
    assert text_of(row.find("b")).endswith(", 09:00")
    assert text_of(page.select_one("option[selected]")) == "Asia/Tokyo"
    assert (await ada.page(path)).bodies() == []


async def test_without_any_the_conversation_says_nothing(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    await schedule(ada, path)
    assert "to-later" not in (await bob.get(path)).text
    assert await waiting(bob) == []


async def test_htmx_gets_an_acknowledgement(ada: Visitor, path: str) -> None:
    later = {"client_id": (id := new_id()), "body": "Later", "send_at": f"{TOMORROW}Z"}
    answer = await ada.hx_post(f"{path}messages/", **later)
    mark = parsed(answer.text).find("hx-scheduled")
    assert (attribute(mark, "client_id"), attribute(mark, "send_at")) == (id, f"{TOMORROW}:00Z")
    refused = await ada.hx_post(f"{path}messages/", **later | {"send_at": "2001-01-01T00:00Z"})
    assert (refused.status_code, "This time has passed." in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"send_at": "x"}, "send_at", "Choose a date and a time."),
        ({"send_at": "2001-01-01T09:00"}, "send_at", "This time has passed."),
        ({"time_zone": "Moon/Sea"}, "time_zone", "Choose a time zone."),
        ({"body": " "}, "text", "Type a message first."),
        ({"body": "x" * 8001}, "text", "A message has at most 8,000 characters."),
    ],
)
async def test_a_refused_form_comes_back_with_its_text(
    ada: Visitor, path: str, fields: dict[str, str], field: str, sentence: str
) -> None:
    usual = {"client_id": new_id(), "body": "\nLater", "send_at": TOMORROW, "time_zone": "UTC"}
    address = await schedule(ada, path)
    for answer in (
        await ada.post(f"{path}messages/", **usual | fields),
        await ada.post(address, **usual | fields),
    ):
        assert answer.status_code == 422
        assert errors(answer.text)[field].startswith(sentence)
        assert form_of(answer.text)["body"] == (usual | fields)["body"]
    assert await waiting(ada) == ["Later"]


async def test_text_and_time_can_be_changed(ada: Visitor, path: str) -> None:
    address = await schedule(ada, path)
    form = form_of((await ada.get(address)).text)
    assert (form["body"], form["send_at"]) == ("Later", TOMORROW)
    form |= {"body": "Other words", "send_at": TOMORROW.replace("09:", "10:")}
    saved = await ada.post(address, **form)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{path}later/")
    page = parsed((await ada.get("/scheduled/")).text)
    [row] = page.select(".scheduled > li")
    assert text_of(row.select_one(".text")) == "Other words"
    assert ", 10:00, in Bob" in text_of(row.p)


async def test_it_can_be_sent_now_or_cancelled(ada: Visitor, bob: Visitor, path: str) -> None:
    now, never = await schedule(ada, path, "Now"), await schedule(ada, path, "Never")
    assert (await ada.post(f"{now}send/")).status_code == 303
    assert (await bob.page(path)).bodies() == ["Now"]
    assert (await ada.post(f"{never}cancel/")).status_code == 303
    assert await waiting(ada) == []
    assert text_of(parsed((await ada.get(path)).text).find(id="body")) == "Never"
    assert (await ada.get(never)).status_code == 404


async def test_nobody_else_reaches_it(ada: Visitor, bob: Visitor, path: str) -> None:
    address = await schedule(ada, path, "Secret")
    change = {"body": "Mine", "send_at": TOMORROW, "time_zone": "UTC"}
    answers = [await bob.get(address), await bob.post(address, **change)]
    assert [answer.status_code for answer in answers] == [404, 404]
    answers += [await bob.post(f"{address}{form}/") for form in ("send", "cancel")]
    for answer in answers:
        assert "Secret" not in answer.text
    assert await waiting(ada) == ["Secret"]
    assert (await bob.page(path)).bodies() == []


async def test_outsiders_cannot_schedule(site: Site, path: str) -> None:
    [eve] = await site.people("eve")
    later = {"client_id": new_id(), "body": "Later", "send_at": TOMORROW}
    assert (await eve.post(f"{path}messages/", **later)).status_code == 404
    assert (await eve.get(f"{path}later/")).status_code == 404


async def test_after_leaving_the_list_says_why_it_is_not_sent(
    ada: Visitor, bob: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = f"/chat/{await bob.start('ada', title='Tea')}/"
    await schedule(ada, tea)
    await ada.post(f"{tea}leave/")
    monkeypatch.setattr(scheduled, "now", lambda: 2**42)
    await scheduled.send_due()
    page = parsed((await ada.get("/scheduled/")).text)
    [row] = page.select(".scheduled > li")
    assert text_of(row.select_one(".error")) == "Not sent. You are no longer in this conversation."
    assert text_of(row.select_one(".text")) == "Later"
    assert "Tea" not in text_of(row)
    assert (await bob.page(tea)).bodies() == []


async def test_a_zone_of_the_browser_is_taken_over(ada: Visitor, path: str) -> None:
    page = await ada.get(f"{path}later/")
    assert "data-guess" in page.text
    page = await ada.get(f"{path}later/?time_zone=Europe/Berlin")
    assert form_of(page.text)["time_zone"] == "Europe/Berlin"
    assert "data-guess" not in page.text
    assert form_of((await ada.get(f"{path}later/?time_zone=x")).text)["time_zone"] == "UTC"
