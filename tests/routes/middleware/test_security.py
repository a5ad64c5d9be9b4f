"""What holds for every answer and every request."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import closing

import httpx
import pytest
import websockets

import settings
from actions import messages
from actions.text import clean
from app import FORM_BYTES, MESSAGE_BYTES
from routes import conversations, errors
from routes.forms import FIELDS
from routes.middleware.security import is_foreign
from tests.applications import HOME, Site, database_away, served
from tests.clients import Visitor
from tests.factories import make_conversation, make_user
from tests.pages import attribute, parsed, text_of

CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-src": "'self'",
    "frame-ancestors": "'self'",
    "base-uri": "'none'",
}
PAGES = {
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
EVERYTHING = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
CLIENT_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def chat(ada: Visitor) -> int:
    return await ada.start("ada")


def assert_secured(response: httpx.Response) -> None:
    about = (response.request.method, response.request.url, response.status_code)
    for name, value in EVERYTHING.items():
        assert response.headers[name] == value, about
    assert "server" not in response.headers
    if response.headers.get("content-type", "text/html").startswith("text/html"):
        policy = response.headers["content-security-policy"]
        parts = (directive.strip().partition(" ") for directive in policy.split(";"))
        assert {name: value for name, _, value in parts} == CONTENT_SECURITY_POLICY, about
        for name, value in PAGES.items():
            assert response.headers[name] == value, about
        assert "camera=()" in response.headers["permissions-policy"]
        assert response.headers.get("cache-control", "no-store") == "no-store", about
    if response.headers.get("content-type", "").startswith("image/svg"):
        policy = response.headers["content-security-policy"]
        assert policy == "default-src 'none'; frame-ancestors 'self'", about


@pytest.mark.parametrize("path", ["/account", "/account?saved=name"])
async def test_a_redirect_stays_here_whatever_the_host_is_called(ada: Visitor, path: str) -> None:
    answer = await ada.http.get(path, headers={"Host": "elsewhere.example"})
    assert answer.headers["location"] == path.replace("/account", "/account/")


async def every_kind_of_answer(
    site: Site, ada: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.Response]:
    stranger = await site.stranger()
    asset = attribute(parsed((await ada.get("/")).text).find("link", rel="stylesheet"), "href")
    paths = ["/", f"/chat/{chat}/", f"/chat/{chat}/log/", "/account/", "/people/", "/chat/new/"]
    paths += ["/login/", "/nothing/", f"/chat/{chat}/?at=x", f"/poll/chat/{chat}/", "/up", asset]
    paths += [
        "/static/x/icons/parley.svg",
        "/static/x/nothing.css",
        "/users/1/mine.css",
        f"/poll/chat/{chat}/?after=0&inbox=",
    ]
    for visitor in (ada, stranger):
        for path in paths:
            yield await visitor.get(path)
            yield await visitor.http.head(path)
    yield await ada.http.put("/")
    yield await stranger.get("/", HX_Request="true")
    yield await ada.post("/account/name/", name="")
    yield await ada.post(f"/chat/{chat}/typing/")
    yield await ada.post("/account/name/", name="x" * (FORM_BYTES + 1))
    yield await ada.http.post("/account/name/", headers={"Sec-Fetch-Site": "cross-site"})
    async with ada.http.stream("GET", f"/sse/chat/{chat}/") as response:
        yield response
    with database_away():
        yield await ada.get("/")

    async def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(conversations, "load_shown_inbox", broken)
    yield await ada.get("/")


async def test_every_answer_is_secured(
    site: Site, ada: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    async for response in every_kind_of_answer(site, ada, chat, monkeypatch):
        assert_secured(response)
        seen.add(response.status_code)
    assert seen >= {200, 204, 303, 400, 401, 403, 404, 405, 413, 422, 500, 503}


async def test_the_denial_of_a_socket_is_secured(ada: Visitor) -> None:
    with pytest.raises(websockets.InvalidStatus) as refusal:
        async with ada.connect("/ws/chat/1/"):
            pass
    headers = refusal.value.response.headers
    for name, value in (EVERYTHING | PAGES).items():
        assert headers[name] == value


async def test_private_answers_are_not_stored(ada: Visitor, chat: int) -> None:
    paths = ["/", f"/chat/{chat}/", f"/chat/{chat}/log/", "/account/", "/people/?q=ad"]
    paths += [f"/poll/chat/{chat}/", f"/poll/chat/{chat}/?inbox=", "/chat/new/suggestions/?q=ad"]
    for path in paths:
        assert (await ada.get(path)).headers["cache-control"] == "no-store", path
    async with ada.http.stream("GET", f"/sse/chat/{chat}/") as response:
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in response.headers


async def test_https_is_asked_to_stay_and_http_is_not(ada: Visitor) -> None:
    for path in ("/", "/login/", "/nothing/", "/up"):
        assert "strict-transport-security" not in (await ada.get(path)).headers
        secure = await ada.get(path, X_Forwarded_Proto="https")
        assert secure.headers["strict-transport-security"].startswith("max-age=31536000")


async def test_pages_hold_nothing_inline_and_nothing_of_others(ada: Visitor, chat: int) -> None:
    for path in ("/", f"/chat/{chat}/", "/account/", "/people/", "/chat/new/"):
        page = parsed((await ada.get(path)).text)
        assert not page.find_all("style")
        assert not page.find_all(True, style=True)
        scripts = page.find_all("script", type=lambda kind: kind != "text/html")
        assert all(script.get("src") for script in scripts)
        for tag in page.find_all(True):
            assert not [name for name in tag.attrs if name.startswith("on")], tag
            for name in ("src", "href", "action", "formaction", "hx-get", "data-hx-get"):
                value = attribute(tag, name)
                assert not value.startswith("//")
                assert ":" not in value.partition("?")[0], tag


# Who may ask for a change: (headers, whether it is done)
SENDERS = [
    ({}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "nonsense"}, False),
    ({"Sec-Fetch-Site": ""}, False),
    ({"Origin": "{own}"}, True),
    ({"Origin": "{OWN}"}, True),
    ({"Origin": "{own}", "Sec-Fetch-Site": "same-origin"}, True),
    ({"Origin": "{own}", "Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": ""}, False),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "{own}.evil.example"}, False),
    ({"Origin": "{own}@evil.example"}, False),
    ({"Origin": "http://evil.{host}"}, False),
    ({"Origin": "http://127.0.0.1"}, False),
    ({"Origin": "http://127.0.0.1:1"}, False),
    ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
    ({"Origin": "https://evil.example", "Sec-Fetch-Site": "none"}, False),
]


def sent_by(site: Site, headers: dict[str, str]) -> dict[str, str]:
    host = site.url.removeprefix("http://")
    return {
        name: value.format(own=site.url, OWN=site.url.upper().replace("HTTP", "http"), host=host)
        for name, value in headers.items()
    }


async def test_other_sites_change_nothing(site: Site, ada: Visitor) -> None:
    for headers, is_done in SENDERS:
        own = sent_by(site, headers)
        answer = await ada.http.post("/account/name/", data={"name": "Ada L."}, headers=own)
        assert answer.status_code == (303 if is_done else 403), headers
        assert (await ada.http.get("/account/", headers=own)).status_code == 200
    for path in ("/login/", "/signup/", "/logout/", "/nothing/"):
        foreign = await ada.http.post(path, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403, path
    assert (await ada.get("/")).status_code == 200


async def test_other_sites_open_no_socket(site: Site, ada: Visitor, chat: int) -> None:
    for headers, is_done in SENDERS:
        own = {name.replace("-", "_"): value for name, value in sent_by(site, headers).items()}
        for path in (f"/ws/chat/{chat}/", "/ws/inbox/", "/ws/nothing/"):
            try:
                async with ada.connect(path, **own):
                    assert is_done, headers
            except websockets.InvalidStatus as refusal:
                status = refusal.response.status_code
                assert status == (404 if is_done else 403), (headers, path)


BEHIND_HTTPS = {"X-Forwarded-Proto": "https"}

# What reaches Parley, and whether a page of its own has sent it
THROUGH_PROXIES = [
    ({"Host": "c", "Origin": "https://c"}, True),
    ({"Host": "c", "Origin": "http://c"}, True),
    ({"Host": "c:443", "Origin": "https://c"}, True),
    ({"Host": "c:80", "Origin": "http://c"}, True),
    ({"Host": "c:80", "Origin": "https://c"}, False),
    ({"Host": "C", "Origin": "https://c:443"}, True),
    ({"Host": "c:8443", "Origin": "https://c:8443"}, True),
    ({"Host": "c:8443", "Origin": "https://c"}, False),
    ({"Host": "c", "Origin": "https://c:8443"}, False),
    ({"Host": "[::1]:443", "Origin": "https://[::1]"}, True),
    ({"Host": "c:443", "Origin": "https://c"} | BEHIND_HTTPS, True),
    ({"Host": "c", "Origin": "https://c:8443"} | BEHIND_HTTPS, True),
    ({"Host": "c:8444", "Origin": "https://c:8443"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "http://c"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "http://c:8080"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "https://d"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "https://c.d:8443"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "https://c", "X-Forwarded-Proto": "http"}, False),
    ({"Host": "c", "Origin": "http://c:8080", "X-Forwarded-Proto": "http"}, True),
    ({"Host": "c", "Origin": "https://c", "X-Forwarded-Proto": "https, http"}, True),
    ({"Host": "c", "Origin": "https://c:8443", "X-Forwarded-Host": "c:8443"} | BEHIND_HTTPS, True),
    ({"Host": "c", "Origin": "https://c:8443", "X-Forwarded-Host": "c"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "https://d", "X-Forwarded-Host": "d"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "https://c@d"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "https://d@c"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "https://c/x"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "https://c:x"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "https://[c"} | BEHIND_HTTPS, False),
    ({"Host": "c", "Origin": "ftp://c"}, False),
    ({"Host": "c", "Origin": "//c"}, False),
    ({"Host": "", "Origin": "https://"}, False),
    ({"Origin": "https://c"}, False),
    (
        {"Host": "c", "Origin": "https://c:8443", "Sec-Fetch-Site": "same-site"} | BEHIND_HTTPS,
        False,
    ),
]


@pytest.mark.parametrize(("headers", "is_own"), THROUGH_PROXIES)
@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_scheme_host_and_port_of_the_origin_are_compared(
    headers: dict[str, str], is_own: bool, scheme: str
) -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    assert is_foreign({"type": "http", "scheme": scheme, "headers": raw}) is not is_own


@pytest.mark.parametrize("scheme", ["https", "wss"])
def test_where_parley_ends_tls_itself_no_page_without_it_is_its_own(scheme: str) -> None:
    for origin, is_own in (("https://c", True), ("http://c", False)):
        headers = [(b"host", b"c"), (b"origin", origin.encode())]
        assert is_foreign({"type": "http", "scheme": scheme, "headers": headers}) is not is_own


async def test_only_named_hosts_are_served(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATABASE_URL", database_url)
    async with served() as site:
        stranger = await site.stranger()
        answer = await stranger.get("/login/", Host="whoever.example")
        assert answer.status_code == 200, "by default any host is"
        assert "whoever.example" not in answer.text


async def test_a_body_that_is_too_large_is_refused(ada: Visitor, chat: int) -> None:
    limits = {"/login/": FORM_BYTES, "/signup/": FORM_BYTES, "/chat/new/": FORM_BYTES}
    limits |= {f"/chat/{chat}/read/": FORM_BYTES, f"/chat/{chat}/messages/": MESSAGE_BYTES}
    for path, limit in limits.items():
        fields = {"client_id": CLIENT_ID, "body": "x" * (limit - 200)}
        assert (await ada.http.post(path, data=fields)).status_code != 413, path
        fields["body"] = "x" * limit
        assert (await ada.http.post(path, data=fields)).status_code == 413, path


async def test_the_longest_message_fits_into_the_longest_body(ada: Visitor, chat: int) -> None:
    body = "\N{THUMBS UP SIGN}" * messages.BODY_LENGTH
    answer = await ada.hx_post(f"/chat/{chat}/messages/", client_id=CLIENT_ID, body=body)
    assert answer.status_code == 200


def test_nginx_refuses_forms_as_parley_does_and_messages_whose_text_parley_gives_not_back() -> None:
    text = (HOME / "deploy/nginx.conf").read_text()
    units = {"k": 1024, "m": 1024 * 1024}
    sizes = re.findall(r"client_max_body_size (\d+)([km]);", text)
    assert [int(size) * units[unit] for size, unit in sizes] == [FORM_BYTES, errors.KEPT_BYTES]
    assert MESSAGE_BYTES < errors.KEPT_BYTES


async def test_a_body_without_a_length_is_counted_too(ada: Visitor, chat: int) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"body="
        for _ in range(MESSAGE_BYTES // 1024 + 1):
            yield b"x" * 1024

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for headers in (form, form | {"HX-Request": "true"}):
        path = f"/chat/{chat}/messages/"
        refused = await ada.http.post(path, content=pieces(), headers=headers)
        assert refused.status_code == 413
        assert "This is more than can be sent at once." in refused.text


async def test_a_body_that_is_too_large_gets_a_page_or_a_sentence_like_any_refusal(
    site: Site, ada: Visitor, chat: int
) -> None:
    fields = {"client_id": CLIENT_ID, "body": "x" * 3 * MESSAGE_BYTES}
    page = await ada.post(f"/chat/{chat}/messages/", **fields)
    fragment = await ada.hx_post(f"/chat/{chat}/messages/", **fields)
    outside = await (await site.stranger()).post("/login/", **fields)
    for answer in (page, fragment, outside):
        assert answer.status_code == 413
        assert "This is more than can be sent at once." in answer.text
        assert_secured(answer)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"]
    assert attribute(parsed(page.text).find("html"), "data-user"), "whose page it is"
    assert text_of(parsed(outside.text).find("h1")) == "Too large"
    assert fragment.text.startswith('<p class="error"')
    assert (await ada.get("/")).status_code == 200, "the connection is as good as before"


async def test_what_is_refused_unread_comes_back_to_its_author(
    site: Site, ada: Visitor, chat: int
) -> None:
    path = f"/chat/{chat}/messages/"
    large = "\n<é> &\n" + "x" * MESSAGE_BYTES
    foreign = {"Sec-Fetch-Site": "cross-site"}
    for status, body, headers in ((413, large, {}), (403, "\n<é> &", foreign)):
        fields = {"client_id": CLIENT_ID, "body": body}
        refused = await ada.http.post(path, data=fields, headers=headers)
        assert refused.status_code == status
        assert text_of(parsed(refused.text).find("textarea", id="kept")) == body
        stranger = await site.stranger()
        outside = await stranger.http.post(path, data=fields, headers=headers)
        assert outside.status_code == status
        assert parsed(outside.text).find("textarea") is None, "only the author gets the text"
        fragment = await ada.http.post(path, data=fields, headers=headers | {"HX-Request": "true"})
        assert fragment.status_code == status
        assert fragment.text.startswith('<p class="error"')


async def test_another_sites_form_gets_a_page(site: Site, ada: Visitor) -> None:
    for visitor in (ada, await site.stranger()):
        refused = await visitor.http.post("/login/", headers={"Sec-Fetch-Site": "cross-site"})
        assert text_of(parsed(refused.text).find("h1")) == "Not allowed"
        assert "Another site sent this request. It was refused." in refused.text
        assert_secured(refused)


@pytest.mark.parametrize("body", ["&" * (MESSAGE_BYTES + 1), "body=" + "x" * errors.KEPT_BYTES])
async def test_what_is_too_much_to_be_given_back_is_refused_all_the_same(
    ada: Visitor, chat: int, body: str
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = await ada.http.post(f"/chat/{chat}/messages/", content=body, headers=form)
    assert refused.status_code == 413
    assert parsed(refused.text).find("textarea") is None
    assert "Go back: what you wrote is still there." in refused.text


async def test_a_form_has_so_many_fields_and_no_more(ada: Visitor, chat: int) -> None:
    fields = {"client_id": CLIENT_ID, "body": "x"} | {f"field{n}": "x" for n in range(FIELDS - 2)}
    assert (await ada.hx_post(f"/chat/{chat}/messages/", **fields)).status_code == 200
    refused = await ada.hx_post(f"/chat/{chat}/messages/", **fields, one_more="x")
    assert refused.status_code == 400
    files = {f"file{n}": b"x" for n in range(1100)}
    refused = await ada.http.post(f"/chat/{chat}/messages/", files=files)
    assert refused.status_code in (400, 413)


async def test_a_truncated_request_is_harmless(site: Site, ada: Visitor) -> None:
    host, _, port = site.url.removeprefix("http://").partition(":")
    for start in (
        b"POST /login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nusername=a",
        b"POST /login/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ",
        b"\x16\x03\x01\x02\x00nonsense\r\n\r\n",
    ):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(start)
        await writer.drain()
        with closing(writer):
            pass
        await writer.wait_closed()
    assert (await ada.get("/")).status_code == 200


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><script src=//evil.example></script>',
    "'\"><b hx-get=/logout/ hx-trigger=load>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<template><script>alert(1)</script></template>",
    '<form id="composer" action="//evil.example">',
    '<li id="message-1-1" data-position="1" class="message">',
    '<hx-partial hx-target="#messages" hx-swap="innerHTML"></hx-partial>',
    '<hx-cursor revision="999"></hx-cursor>',
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "<!--", "-->", "<![CDATA[", "&lt;b&gt;", "&#x3C;script&#x3E;",
    "<a href='javascript:alert(1)'>x</a>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "\u003cscript\u003e",
    "<scr\x00ipt>",
    "\u202e<b>\u2066",
    "data: x\nevent: end\nid: 19\n\n",
]  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_hostile_text_is_text_wherever_it_is_shown(site: Site) -> None:
    """The same page with harmless text has the same elements."""

    async def elements(text: str, n: int) -> list[list[str]]:
        user = await make_user(f"user{n}", clean(text))
        other = await make_user(f"other{n}", clean(text))
        visitor = await site.visitor(user)
        group = await make_conversation([user, other], clean(text))
        answers = [
            await visitor.hx_post(f"/chat/{group}/messages/", client_id=client_id(n), body=text),
            await visitor.post(f"/chat/{group}/messages/", client_id="x", body=text),
            await visitor.hx_post(f"/chat/{group}/messages/", client_id=text, body=text),
            await visitor.get("/"),
            await visitor.get(f"/chat/{group}/"),
            await visitor.get(f"/chat/{group}/log/"),
            await visitor.get(f"/chat/{group}/people/"),
            await visitor.get("/account/"),
            await visitor.http.get("/people/", params={"q": text}),
            await visitor.http.get("/chat/new/", params={"to": text, "title": text}),
            await visitor.post("/chat/new/", to=text, title=text),
            await visitor.post("/login/", username=text, password="x", next=text),
            await visitor.get(f"/poll/chat/{group}/?after=0&inbox="),
        ]
        return [tags(answer.text) for answer in answers]

    harmless = await elements("harmless", 0)
    for n, text in enumerate(HOSTILE, 1):
        found = await elements(text, n)
        for index, names in enumerate(found):
            assert set(names) ^ set(harmless[index]) <= {"a", "br"}, (text, index)
            assert names.count("script") == harmless[index].count("script"), text


def tags(html: str) -> list[str]:
    """The elements of a page, with those of the message that a script makes others from."""
    page = parsed(html)
    pending = page.find("script", type="text/html")
    if pending is None:
        return [tag.name for tag in page.find_all(True)]
    pending.extract()
    inside = parsed(pending.get_text())
    return [tag.name for tag in (*page.find_all(True), *inside.find_all(True))]


def client_id(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012}"
