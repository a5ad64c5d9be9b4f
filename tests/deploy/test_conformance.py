"""The Autobahn cases, on a `WebSocketConnection`."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.applications import Process

NOT_RUN = ("9.*", "12.*", "13.*")
"""Speed, and compression, which Parley does not offer."""

FAILING = {"7.1.5"}
"""What uvicorn fails with the same parser: closing in the middle of a message."""


class EchoServer(Process):
    def command(self) -> Sequence[str | Path]:
        options = [
            "--port",
            str(self.port),
            "--ws",
            "tests.echo_server:EchoProtocol",
        ]
        options += ["--ws-per-message-deflate", "false"]
        return [self.program, "-m", "uvicorn", "tests.echo_server:app", *options]

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    with EchoServer() as server:
        server.start()
        yield server


async def test_the_cases_that_pass_on_uvicorn_pass(echo: EchoServer, tmp_path: Path) -> None:
    excluded = [word for case in NOT_RUN for word in ("-x", case)]
    run = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("kosoku"),
        *(*excluded, "-p", "4", "-o", str(tmp_path), f"ws://127.0.0.1:{echo.port}/handed"),
        stdout=subprocess.DEVNULL,
    )
    async with asyncio.timeout(120):
        await run.wait()
    [cases] = json.loads((tmp_path / "index.json").read_text()).values()
    assert len(cases) == 247
    assert {id for id, case in cases.items() if case["behavior"] == "FAILED"} == FAILING
