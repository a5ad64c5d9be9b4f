"""The log: one line an event, and never what users wrote."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from typing import Any

import httpx
import pytest

from actions import messages
from routes.access import COOKIE
from routes.middleware import log_format
from tests.applications import HOME, Process, Site
from tests.clients import LIVE_TIERS, Visitor
from tests.waiting import PATIENCE, eventually

PASSWORD = "swordfish-and-more"
BODY = "meet me at the usual place"
QUERY = "whatisaskedfor"


class Written:
    """The lines that this process has logged."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.stream = StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter)
        self.handler.addFilter(log_format.News())

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def entries(self, **wanted: object) -> list[dict[str, Any]]:
        entries = [json.loads(line) for line in self.text.splitlines()]
        return [e for e in entries if all(e.get(key) == wanted[key] for key in wanted)]

    async def entry(self, **wanted: object) -> dict[str, Any]:
        """The first such line, which may still be on its way: an answer goes out before it."""
        return (await eventually(lambda: self.entries(**wanted)))[0]


@pytest.fixture
def written() -> Iterator[Written]:
    yield from attached(Written(log_format.JSONFormatter()))


@pytest.fixture
def shown() -> Iterator[Written]:
    yield from attached(Written(log_format.TextFormatter()))


def attached(written: Written) -> Iterator[Written]:
    logging.getLogger().addHandler(written.handler)
    yield written
    logging.getLogger().removeHandler(written.handler)


logger = logging.getLogger("parley.test")


# Lines


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\x0b", "\x1b[2J"])
def test_nothing_can_begin_a_line_of_its_own(written: Written, shown: Written, end: str) -> None:
    logger.warning("%s said", f"Eve{end}2026-11-23 all is well", extra={"fields": {"path": end}})
    assert len(written.text.splitlines()) == 1
    assert len(shown.text.splitlines()) == 1
    assert end not in (written.text + shown.text).removesuffix("\n").replace("\n", "", 1)
    assert written.entries()[0]["message"] == f"Eve{end}2026-11-23 all is well said"


def test_a_traceback_stays_in_its_line_and_says_where_but_not_what(written: Written) -> None:
    try:
        try:
            int(BODY)
        except ValueError as error:
            raise ExceptionGroup("both", [error, OSError("the disk is full")]) from error
    except ExceptionGroup:
        logger.exception("it failed")
    [entry] = written.entries()
    trace = entry["traceback"]
    assert "test_log_format.py" in trace
    assert "int(BODY)" in trace
    assert "ValueError" in trace
    assert "OSError: the disk is full" in trace
    assert BODY not in written.text


def test_what_is_tried_again_needs_no_traceback(written: Written) -> None:
    """As asyncpg's pool does for as long as PostgreSQL is away."""
    try:
        raise ConnectionRefusedError(111, "Connect call failed")
    except ConnectionRefusedError:
        logging.getLogger("asyncpg.pool").warning("Failed; retrying", exc_info=True)
    [entry] = written.entries()
    assert entry["message"] == "Failed; retrying"
    assert entry["error"].startswith("ConnectionRefusedError")
    assert "traceback" not in entry


def test_objects_below_an_event_loops_message_are_left_out(written: Written) -> None:
    logging.getLogger("asyncio").error("Task failed\nfuture: <Task exception=ValueError(%r)>", BODY)
    assert written.entries()[0]["message"] == "Task failed"


def test_on_a_terminal_a_traceback_can_be_read(shown: Written) -> None:
    try:
        raise OSError("no")
    except OSError:
        logger.exception("it failed", extra={"fields": {"ms": 7}})
    first, *rest = shown.text.splitlines()
    assert first.endswith("error    parley.test: it failed ms=7")
    assert rest[-1] == "OSError: no"


@pytest.mark.parametrize(
    ("chosen", "kind"), [("text", log_format.TextFormatter), ("json", log_format.JSONFormatter)]
)
def test_the_setting_names_the_format(
    monkeypatch: pytest.MonkeyPatch, chosen: str, kind: type[logging.Formatter]
) -> None:
    monkeypatch.setattr("settings.LOG_FORMAT", chosen)
    assert type(log_format.formatter()) is kind


def test_another_format_is_refused_with_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import settings"],
        cwd=HOME,
        env={"LOG_FORMAT": "xml"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "LOG_FORMAT is xml, but must be json or text.\n"


# Requests and connections


async def test_each_request_has_an_id_of_its_own(site: Site, written: Written) -> None:
    visitor = await site.stranger()
    ids = [(await visitor.get("/login/")).headers["X-Request-ID"] for _ in range(2)]
    assert ids[0] != ids[1]
    entry = await written.entry(request=ids[1], message="answered")
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/login/", 200)
    assert entry["ms"] > 0
    assert "connection" not in entry


async def test_a_proxys_id_is_kept_where_it_is_one(site: Site) -> None:
    visitor = await site.stranger()
    for given, kept in (("a1b2-c3d4.e5_f6", True), ("short", False), ("x" * 65, False)):
        response = await visitor.http.get("/up", headers={"X-Request-ID": given})
        assert (response.headers["X-Request-ID"] == given) == kept


async def test_an_error_of_ours_carries_the_id_of_its_request(
    site: Site, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*sent: object) -> None:
        raise ValueError(sent)

    monkeypatch.setattr(messages, "send", broken)
    ada, _ = await site.people("ada", "bob")
    chat = await ada.start("bob")
    response = await ada.hx_post(f"/chat/{chat}/messages/", client_id="x", body=BODY)
    assert response.status_code == 500
    id = response.headers["X-Request-ID"]
    entry = await written.entry(level="error", request=id)
    assert "in broken" in entry["traceback"]
    assert (await written.entry(message="answered", request=id))["status"] == 500
    assert BODY not in written.text


@pytest.mark.parametrize("tier", ["ws", "sse"])
async def test_a_connection_is_named_from_its_opening_to_its_end(
    site: Site, written: Written, tier: str
) -> None:
    ada, _ = await site.people("ada", "bob")
    chat = await ada.start("bob")
    async with ada.tab(tier, chat):
        opened = await written.entry(message="opened", path=f"/{tier}/chat/{chat}/")
    closed = await written.entry(message="closed", connection=opened["connection"])
    assert closed["ms"] >= 0
    assert opened["status"] == closed["status"] == (101 if tier == "ws" else 200)


async def test_the_close_code_is_written_down(site: Site, written: Written) -> None:
    stranger = await site.stranger()
    async with stranger.connect("/ws/inbox/") as socket:
        await socket.wait_closed()
    assert (await written.entry(message="closed", path="/ws/inbox/"))["code"] == 4401


async def test_a_refused_handshake_is_written_down(site: Site, written: Written) -> None:
    [ada] = await site.people("ada")
    with suppress(Exception):
        await ada.connect("/ws/chat/7/")
    entry = await written.entry(message="closed", path="/ws/chat/7/")
    assert entry["status"] == 404
    assert not written.entries(message="opened")


# A real server


async def talk(site: Site) -> list[str]:
    """Everything that people do who have secrets; what they are."""
    ada = await site.stranger()
    bob = await site.stranger()
    await ada.join("ada", "Ada", PASSWORD)
    await bob.join("bob", "Bob", PASSWORD)
    await (await site.stranger()).post("/login/", username="ada", password=PASSWORD + "?")
    chat = await ada.start("bob")
    for tier in (*LIVE_TIERS, "plain"):
        async with ada.tab(tier, chat) as hers, bob.tab(tier, chat) as his:
            await hers.send(f"{BODY} {tier}")
            await his.wait_for(lambda tab=his, tier=tier: f"{BODY} {tier}" in tab.bodies())  # type: ignore[misc]
    await ada.get(f"/people/?q={QUERY}")
    await ada.get(f"/sse/chat/7/?after={QUERY}")
    with suppress(Exception):
        await ada.connect(f"/ws/chat/7/?after={QUERY}")
    await ada.post(f"/chat/{chat}/messages/?{QUERY}", client_id="no uuid", body=BODY)
    tokens = [str(visitor.http.cookies[COOKIE]) for visitor in (ada, bob)]
    return [PASSWORD, BODY, QUERY, "inbox=", *tokens]


def lines(process: Process) -> list[str]:
    return (process.folder / "log").read_text().splitlines()


async def test_uvicorn_alone_logs_in_lines_without_secrets(process: Process) -> None:
    site = Site(process.url)
    async with site.visitors:
        secrets = await talk(site)
    await asyncio.to_thread(process.stop)
    entries = [json.loads(line) for line in lines(process)]
    names = {entry["logger"] for entry in entries}
    assert {"parley.access", "uvicorn.error"} <= names
    assert {"opened", "closed", "answered"} <= {entry["message"] for entry in entries}
    for secret in secrets:
        assert [line for line in lines(process) if secret in line] == []


def test_several_workers_and_their_parent_log_in_lines(postgresql_url: str, redis_url: str) -> None:
    environment = {"DATABASE_URL": postgresql_url, "REDIS_URL": redis_url}
    with Process(WEB_CONCURRENCY="2", **environment) as process:
        process.start()
        process.stop()
        messages = [json.loads(line)["message"] for line in lines(process)]
    assert any(message.startswith("Started parent process") for message in messages)
    assert sum(message.startswith("Started server process") for message in messages) == 2


async def test_the_database_password_appears_neither_in_the_log_nor_in_up(
    postgresql_server: str,
) -> None:
    url = postgresql_server.replace("parley@", f"parley:{PASSWORD}@").replace("/postgres", "/none")
    with Process(DATABASE_URL=url) as process:
        process.process = await asyncio.to_thread(process.launch)
        async with Visitor(process.url) as visitor:
            told = await eventually(lambda: what_is_told(visitor), 2 * PATIENCE)
            await visitor.get("/login/")
        await asyncio.to_thread(process.stop)
        written = lines(process)
    assert "none" in told
    assert [line for line in written if "answered" in line]
    assert PASSWORD not in told + "".join(written)


async def what_is_told(visitor: Visitor) -> str:
    """What /up says of a database that cannot be reached."""
    with suppress(httpx.ConnectError):
        answer = await visitor.get("/up")
        if "reached" in answer.text:
            return answer.text
    return ""
