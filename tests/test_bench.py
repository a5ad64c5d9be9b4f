"""The load generator of bench/ counts right, however the bytes come."""

import asyncio
import json
import os
import sqlite3
import struct
import subprocess
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from bench import node, plot, programs, requester, results, tables, visitors
from bench.databases import Databases
from bench.generator import Figures
from bench.measures import open_loop, search
from bench.results import Results
from bench.run import Run
from bench.stacks import limit, parley
from bench.stacks.stack import Stack
from bench.subjects import Subject
from routes.access import COOKIE
from tests.applications import Site

FRAME = '{"client_id":"@ID@","body":"@N@"}'
Deliver = Callable[[list[StreamWriter], str], Awaitable[None]]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The generator, compiled by the flags of bench/, elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programs, "BUILD", tmp_path_factory.mktemp("build"))
        yield programs.load()


async def test_split_frames(load: Path) -> None:
    one_at_a_time = asyncio.Lock()

    async def bytewise(readers: list[StreamWriter], client_id: str) -> None:
        async with one_at_a_time:
            for byte in framed(fragment(client_id)):
                for reader in readers:
                    reader.write(bytes([byte]))
                await asyncio.sleep(0)

    counts = await counted(load, bytewise)
    assert (counts["lost"], counts["repeated"], counts["stray"]) == (0, 0, 0)
    assert counts["messages"] > 0
    assert counts["frames"] == counts["deliveries"]


async def test_joined_frames(load: Path) -> None:
    """A frame without a message and one with it, in one write: one delivery each time."""

    async def joined(readers: list[StreamWriter], client_id: str) -> None:
        for reader in readers:
            reader.write(framed("<hx-title></hx-title>") + framed(fragment(client_id)))

    counts = await counted(load, joined)
    assert (counts["lost"], counts["repeated"]) == (0, 0)
    assert counts["messages"] > 0
    assert counts["frames"] == 2 * counts["deliveries"]


async def test_two_fragments_in_a_frame(load: Path) -> None:
    """Both senders' messages leave in one frame; the very last may wait for its other in vain."""
    waiting: list[str] = []

    async def in_twos(readers: list[StreamWriter], client_id: str) -> None:
        waiting.append(client_id)
        if len(waiting) == 2:
            text = "".join(fragment(each) for each in waiting)
            waiting.clear()
            for reader in readers:
                reader.write(framed(text))

    counts = await counted(load, in_twos, drain=0.2)
    assert counts["lost"] in (0, 3)
    assert counts["repeated"] == 0
    assert counts["deliveries"] > 0
    assert counts["deliveries"] == 2 * counts["frames"]


async def test_what_comes_twice_or_not_at_all(load: Path) -> None:
    async def carelessly(readers: list[StreamWriter], client_id: str) -> None:
        for reader in readers[:-1]:
            reader.write(framed(fragment(client_id)) * 2)

    counts = await counted(load, carelessly, drain=0.2)
    assert counts["expected"] == 3 * counts["lost"]
    assert counts["repeated"] == counts["arrived"]


async def test_an_id_that_is_not_a_message(load: Path) -> None:
    """A form that was refused has the same client_id in it."""

    async def refuse(readers: list[StreamWriter], client_id: str) -> None:
        for reader in readers:
            reader.write(framed(f'<input name="client_id" value="{client_id}">'))

    counts = await counted(load, refuse, drain=0.2)
    assert counts["arrived"] == 0
    assert counts["lost"] == counts["expected"] == 6


def test_a_line_that_is_no_connection_is_refused(load: Path, tmp_path: Path) -> None:
    """And not taken for the end of the file: a room of one would be measured instead."""
    seats = tmp_path / "seats"
    seats.write_text("ws 0 1 /a person=1; theme=dark\nws 0 1 /b person=2\n")
    words: list[str | Path] = [load, "--port", "1", "--frame", FRAME, seats]
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "line 2 is no connection" in refused.stderr


async def test_open_loop_latency_runs_from_when_a_message_was_due(load: Path) -> None:
    """A server that stalls until after the last message: senders go on, and what arrives only in
    the drain counts with all of its wait."""
    waiting: list[str] = []

    async def stall(readers: list[StreamWriter], client_id: str) -> None:
        waiting.append(client_id)
        if len(waiting) == 1:
            asyncio.get_running_loop().call_later(0.6, release, readers)

    def release(readers: list[StreamWriter]) -> None:
        for reader in readers:
            reader.write(b"".join(framed(fragment(each)) for each in waiting))

    counts = await counted(load, stall, talk="0.3 0 50", drain=10)
    assert counts["messages"] >= 15
    assert counts["lost"] == 0
    assert counts["p50_ms"] > 300


@pytest.mark.parametrize("capacity", [7, 49, 50, 51, 777, 100_000])
def test_search_finds_the_highest_rate_to_a_sixteenth(capacity: float) -> None:
    rate = open_loop.highest(50, lambda rate: rate <= capacity)
    assert capacity * 16 / 17 <= rate <= capacity


def test_search_finds_none_where_no_rate_holds() -> None:
    tried: list[float] = []

    def fails(rate: float) -> bool:
        tried.append(rate)
        return False

    assert open_loop.highest(50, fails) == 0
    assert tried == [50, 25, 12.5, 6.25]


@pytest.mark.parametrize(
    ("change", "is_sustained"),
    [
        ({}, True),
        ({"messages": 180}, False),
        ({"lost": 1}, False),
        ({"p99_ms": 100.0}, False),
    ],
)
def test_rate_counts_if_sent_whole_and_in_time(change: Figures, is_sustained: bool) -> None:
    figures = {"seconds": 2.0, "messages": 200, "lost": 0, "p99_ms": 99.0}
    assert open_loop.is_sustained({**figures, **change}, 100) == is_sustained


def test_each_checkout_says_how_it_is_served(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text(
        'web: exec uvicorn app:app --port $PORT --ws old:Old --forwarded-allow-ips "${A:-1}"\n'
    )
    assert parley.served(tmp_path) == ["uvicorn", "bench.unlimited:app", "--ws", "old:Old"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/web").write_text(
        'exec "$python" -m uvicorn app:app \\\n  --ws new:New \\\n  --no-server-header "$@"\n'
    )
    assert parley.served(tmp_path)[2:] == ["--ws", "new:New", "--no-server-header"]


async def test_passers_are_served(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "RATE", 200)
    monkeypatch.setattr(visitors, "STAY", (0.0, 0.1))
    ada, _ = await site.people("ada", "bob")
    chat = await ada.start("bob")
    cookie = f"{COOKIE}={ada.http.cookies[COOKIE]}"
    port = int(site.url.rpartition(":")[2])
    visitor = visitors.Visitor(f"/chat/{chat}/", cookie)
    crowd = visitors.Visitors(port, [visitor])
    for visit in (crowd.read_pages, crowd.post, crowd.poll, crowd.stream, crowd.socket):
        await asyncio.gather(*(visit(visitor) for _ in range(5)))
    await crowd.come_and_go(0.1)
    assert crowd.counts["unserved"] == 0, crowd.counts


def test_a_few_refusals_are_reported_and_many_invalidate_the_figure() -> None:
    asked = {"seconds": 2.0, "answered": 100, "refused": 4, "status": 200, "reconnected": 0}
    asked |= {"bytes": 9600, "p50_ms": 1.0, "p99_ms": 2.0, "generator_cpu_seconds": 0.1}
    figures = requester.per_request(asked, 0.96)
    assert figures["requests_per_second"] == 48
    assert figures["server_us_per_request"] == 10_000
    assert figures["refused"] == 4
    with pytest.raises(RuntimeError, match="11 of 100"):
        requester.per_request({**asked, "refused": 11}, 0.96)


def test_table_and_chart() -> None:
    records: list[dict[str, Any]] = [
        {"measure": "m", "stack": "parley-pg", "title": "Parley", "case": "10", "f": 300.0},
        {"measure": "m", "stack": "ws", "title": "ws", "case": "10", "f": 150.0, "lost": 7},
    ]
    records = [{**record, "p50_ms": 1.0, "p99_ms": 25.0} for record in records]
    table = tables.table(Subject("m", "m", "f", "M"), Results({}, records))
    assert "| Parley ÷ ws | × 2.00 |" in table
    assert "- ws, 10: 7 deliveries had not arrived at the end." in table
    table = tables.table(Subject("m", "m", "f", "M", has_latency=True), Results({}, records))
    assert "| 300 (1.00 / 25.0) |" in table
    chart = plot.chart("M", [("10", [("Parley", 300.0, "300", True)])])
    assert chart == plot.chart("M", [("10", [("Parley", 300.0, "300", True)])])
    assert chart.count("<rect") == 1


async def counted(
    load: Path, deliver: Deliver, talk: str = "0.2 0.05 0", drain: float = 2
) -> dict[str, Any]:
    """The counts of two senders and a reader in a room whose server delivers like that."""
    async with room(deliver) as port:
        process = await asyncio.to_thread(start, load, port)
        try:
            said, _ = await asyncio.to_thread(
                process.communicate, f"talk {talk} {drain}\n", timeout=20
            )
        finally:
            process.kill()
            process.wait()
    *_, counts = (json.loads(line) for line in said.splitlines())
    assert counts["connections"] == 3
    return dict(counts)


def start(load: Path, port: int) -> subprocess.Popen[str]:
    seats = load.parent / f"seats-{port}"
    seats.write_text("ws 0 1 /a person=1\nws 0 1 /b person=2\nws 0 0 /c person=3\n")
    return subprocess.Popen(
        [load, "--port", str(port), "--frame", FRAME, seats],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@asynccontextmanager
async def room(deliver: Deliver) -> Any:
    """A server in which everybody is in one room; its port."""
    readers: list[StreamWriter] = []

    async def connected(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        readers.append(writer)
        try:
            while True:
                await deliver(readers, json.loads(await frame(reader))["client_id"])
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1")
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def frame(reader: StreamReader) -> bytes:
    """The text of a masked frame of less than 126 bytes."""
    head = await reader.readexactly(6)
    body = await reader.readexactly(head[1] & 127)
    return bytes(byte ^ head[2 + at % 4] for at, byte in enumerate(body))


def framed(text: str) -> bytes:
    payload = text.encode()
    if len(payload) < 126:
        return bytes([0x81, len(payload)]) + payload
    return struct.pack("!BBH", 0x81, 126, len(payload)) + payload


def fragment(client_id: str) -> str:
    words = "so it goes " * 12
    return f'<li class="message" id="message-17-{client_id}"><p class="body">{words}</p></li>'


def test_results_of_a_run_in_parts_are_one(tmp_path: Path) -> None:
    parts = [tmp_path / "1.json", tmp_path / "2.json"]
    for path, measure in zip(parts, ("fanout", "pairs"), strict=True):
        record = {"measure": measure, "stack": "ws", "title": "ws", "case": "all"}
        results.save(Results({"date": measure, "cores": "2"}, [record]), path)
    found = results.load(parts)
    assert found.about == {"date": "fanout and pairs", "cores": "2"}
    assert [record["measure"] for record in found.records] == ["fanout", "pairs"]


def test_stacks_take_turns_and_each_keeps_the_median_of_its_runs(tmp_path: Path) -> None:
    databases = Databases()
    stacks: dict[str, Stack] = {
        "c": limit.Each(databases, tmp_path),
        "c-joined": limit.Joined(databases, tmp_path),
    }
    run = Run(stacks, databases, tmp_path, [10], 10, True, seconds=1, repeats=3, minutes=1)
    order = []
    for figure, stack in enumerate(run.in_turns(run.chosen("c", "c-joined"))):
        order.append(stack.name)
        run.note("fanout", stack, "10 readers", [{"f": figure, "lost": 1}])
    assert order == ["c", "c-joined"] * 3
    found = [(each["stack"], each["runs"], each["f"], each["lost"]) for each in run.records]
    assert found == [("c", 3, 2, 3), ("c-joined", 3, 3, 3)]


class Copy(parley.OnSQLite):
    """A stack whose database is there already."""

    def __init__(self, databases: Databases, folder: Path, url: str) -> None:
        super().__init__(databases, folder)
        self.url = url

    def fresh_database(self) -> str:
        people = [(parley.FIRST_ID + search.FIRST + n, f"p{n}", "P", "p", "!", 0) for n in range(6)]
        users = "users (id, username, name, name_folded, password, created_at)"
        self.insert(self.url, [(users, [*people])])
        return self.url


def test_searches_are_measured_for_people_with_few_and_many_conversations(
    tmp_path: Path, sqlite_url: str
) -> None:
    databases = Databases()
    stacks: dict[str, Stack] = {"parley-sqlite": Copy(databases, tmp_path, sqlite_url)}
    run = Run(stacks, databases, tmp_path, [], 0, True, 1, 1, 1, messages=3_000)
    search.measure(run)
    assert [r for r in run.records if "failed" in r] == []
    [indexing, *asked] = run.records
    assert indexing["messages_per_second"] > 0
    assert [record["case"] for record in asked] == [
        f"{size}, {kind}"
        for size in ("20", "40", "500", "2,000")
        for kind in ("common word", "rare word", "phrase", "beginning")
    ]
    assert all(record["p95_ms"] >= record["p50_ms"] > 0 for record in asked)
    common = next(record for record in asked if record["case"] == "2,000, common word")
    assert common["found"] > 5


def test_packages_for_node_are_neither_compiled_nor_fetched_from_elsewhere() -> None:
    """Their sums are in the lock, and they have no script that a registry knows nothing of."""
    lock = json.loads((node.FOLDER / "package-lock.json").read_text())["packages"]
    packages = {name: entry for name, entry in lock.items() if name}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("hasInstallScript" in entry for entry in packages.values())


def test_servers_on_node_store_messages_with_its_own_sqlite(tmp_path: Path) -> None:
    add = """
        const message = {room: 1, person: 2, clientId: 'x', body: 'Hello', createdAt: 3}
        require('./store.js').open().then(async store => {
            console.log(await store.add(message), await store.add({...message, clientId: 'y'}))
        })
    """
    database = tmp_path / "node.sqlite3"
    said = subprocess.run(
        [*node.command(), "-e", add],
        cwd=node.FOLDER,
        env=os.environ | {"DATABASE": str(database)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["1", "2"]
    with closing(sqlite3.connect(database)) as stored:
        assert stored.execute("SELECT COUNT(*) FROM messages").fetchone() == (2,)
