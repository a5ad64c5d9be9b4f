"""Parley deployed: workers as the unit starts them, nginx before them, and other servers."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TypeVar

import httpx

from tests import programs
from tests.applications import HOME, Process, Site
from tests.clients import Tab, Visitor
from tests.deploy import units
from tests.servers import Server, free_port
from tests.waiting import PATIENCE

PASSWORD = "correct horse battery"
NUMBERS = count(1)
T = TypeVar("T", bound=Tab)

MAIN = """
daemon off;
pid nginx.pid;
events { worker_connections 4096; }
http {
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include parley.conf;
}
"""
"""What stands in a machine's own nginx.conf, as far as it is needed."""


class Workers(Process):
    """Parley on a Unix socket, by the commands of deploy/parley.service."""

    log_before = 0

    @property
    def socket(self) -> Path:
        return self.folder / "parley.sock"

    def launch(self) -> subprocess.Popen[bytes]:
        self.log_before = len(self.whole_log())
        for command in units.commands("ExecStartPre", self.folder):
            subprocess.run(command, cwd=HOME, env=self.variables, check=True, timeout=PATIENCE)
        return super().launch()

    @property
    def variables(self) -> dict[str, str]:
        return os.environ | units.environment() | self.environment

    def command(self) -> Sequence[str | Path]:
        (command,) = units.commands("ExecStart", self.folder)
        return command

    def spawn(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=HOME,
                env=self.variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, number: signal.Signals) -> None:
        """As systemd: a kill -9 is for all of them, anything else for the parent alone."""
        if number == signal.SIGKILL and self.process is not None and self.running:
            os.killpg(self.process.pid, number)
        super().end(number)

    def pids(self) -> list[int]:
        """The workers that serve by now, in the order of their start."""
        started = re.findall(r"Started server process \[(\d+)\]", self.whole_log())
        return [int(pid) for pid in started if is_running(pid)]

    def answers(self) -> bool:
        ready = self.whole_log()[self.log_before :].count("Application startup complete")
        return ready >= int(self.variables["WEB_CONCURRENCY"]) and self.is_up()

    def is_up(self) -> bool:
        transport = httpx.HTTPTransport(uds=str(self.socket))
        try:
            with httpx.Client(transport=transport) as http:
                return http.get("http://parley/up", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def whole_log(self) -> str:
        return (self.folder / "log").read_text()


class Nginx(Server):
    """nginx with deploy/nginx.conf, of which only addresses and folders are others."""

    def __init__(self, upstream: Path, *, upgrades: bool = True) -> None:
        super().__init__(programs.nginx())
        self.plain_port = free_port()
        self.folder.joinpath("parley.conf").write_text(self.configuration(upstream, upgrades))
        self.folder.joinpath("nginx.conf").write_text(MAIN)
        self.make_certificate()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def configuration(self, upstream: Path, upgrades: bool) -> str:
        here = {
            "/run/parley/parley.sock": str(upstream),
            "/var/lib/nginx/parley": "cache",
            "/var/www/html": str(self.folder),
            "/var/log/nginx/parley.log": "access.log",
            "    listen 80;\n": f"    listen 127.0.0.1:{self.plain_port};\n",
            "    listen [::]:80;\n": "",
            "    listen 443 ssl http2;\n": f"    listen 127.0.0.1:{self.port} ssl http2;\n",
            "    listen [::]:443 ssl http2;\n": "",
            "/etc/letsencrypt/live/chat.example.org/fullchain.pem": "certificate.pem",
            "/etc/letsencrypt/live/chat.example.org/privkey.pem": "key.pem",
        }
        if not upgrades:
            here["    proxy_set_header Upgrade $http_upgrade;\n"] = ""
            here["Connection $parley_connection;"] = "Connection close;"
        text = (HOME / "deploy/nginx.conf").read_text()
        for there, replacement in here.items():
            assert there in text, f"deploy/nginx.conf has no {there!r}"
            text = text.replace(there, replacement)
        return text

    def make_certificate(self) -> None:
        command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        command += " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
        command += " -keyout key.pem -out certificate.pem"
        making = self.spawn([programs.openssl(), *command.split()])
        assert making.wait(PATIENCE) == 0, self.log()

    def command(self) -> Sequence[str | Path]:
        return [self.program, "-p", self.folder, "-c", "nginx.conf", "-e", "stderr"]

    def check(self) -> str:
        """What `nginx -t` says. Raises where it refuses the configuration."""
        checking = self.spawn([*self.command(), "-t"])
        if checking.wait(PATIENCE) != 0:
            raise RuntimeError(self.log())
        return self.log()

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False


class PlainServer(Process):
    """Parley under another server than uvicorn."""

    def __init__(self, name: str, **environment: str) -> None:
        super().__init__(**environment)
        self.name = name

    def command(self) -> Sequence[str | Path]:
        at = {
            "daphne": ["--bind", "127.0.0.1", "--port", str(self.port)],
            "hypercorn": ["--workers", "0", "--bind", f"127.0.0.1:{self.port}"],
        }
        return [sys.executable, "-m", self.name, *at[self.name], "app:app"]


def is_running(pid: str) -> bool:
    """A zombie still has an id but no command."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


async def newcomer(site: Site) -> tuple[Visitor, str]:
    """A new user, signed up through the site, and their username."""
    visitor, username = await site.stranger(), f"person{next(NUMBERS)}"
    await visitor.join(username, username.title(), PASSWORD)
    return visitor, username


async def acquaintances(site: Site) -> tuple[Visitor, Visitor, int]:
    """Two people who are new here, and the id of their conversation."""
    (ada, _), (bob, username) = await newcomer(site), await newcomer(site)
    return ada, bob, await ada.start(username)


def at(visitor: Visitor, tier: type[T], id: int) -> T:
    """A tab of this very tier at a conversation."""
    return tier(visitor, f"/chat/{id}/", persistent=False)
