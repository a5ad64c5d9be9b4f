"""The attacker: bytes made beforehand, over plain sockets in threads, so that the attack itself
takes little of the machine."""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from tests.attacks.bystander import ATTACK
from tests.clients import Visitor

IMPATIENCE = 5.0
PAUSE = 0.05
"""Seconds between two tries: it is not the number of connections that is to hurt."""


def head(person: Visitor, method: str, path: str, **headers: object) -> bytes:
    """The lines before a body."""
    given = {"Host": urlsplit(person.url).netloc, "Cookie": person.cookie, **headers}
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{fields}\r\n".encode()


def connected(person: Visitor) -> socket.socket:
    address = urlsplit(person.url)
    return socket.create_connection((address.hostname, address.port), IMPATIENCE)


def open_socket(person: Visitor, path: str, early: bytes = b"") -> socket.socket:
    """A WebSocket; `early` is sent before the handshake is answered."""
    connection = connected(person)
    try:
        shake_hands(connection, person, path, early)
    except BaseException:
        connection.close()
        raise
    return connection


def shake_hands(connection: socket.socket, person: Visitor, path: str, early: bytes) -> None:
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    keys = {"Sec_WebSocket_Version": 13, "Sec_WebSocket_Key": key}
    connection.sendall(head(person, "GET", path, **upgrade, **keys))
    if early:
        time.sleep(0.001)  # else it is part of the request, and thrown away
        send_all(connection, early)
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(1)
        if not piece:
            raise ConnectionResetError
        received += piece
    assert received.startswith(b"HTTP/1.1 101"), received


def send_all(connection: socket.socket, data: bytes) -> None:
    """As much of it as the server takes."""
    with suppress(OSError):
        connection.sendall(data)


def ask(person: Visitor, request: bytes) -> int:
    """The status with which a request is answered."""
    with connected(person) as connection:
        send_all(connection, request)
        return int(connection.recv(12).split()[1])


def close_code(connection: socket.socket) -> int | None:
    """The code of the close frame among what the server has sent, if there is one."""
    received = b""
    with suppress(OSError):
        while piece := connection.recv(65_536):
            received += piece
            if b"\x88\x02" in received:
                at = received.index(b"\x88\x02") + 2
                return int.from_bytes(received[at : at + 2], "big")
    return None


async def attack(once: Callable[[], object], attackers: int = 2) -> None:
    """Do it again and again, some at the same time."""
    until = time.monotonic() + ATTACK

    def again_and_again() -> None:
        while time.monotonic() < until:
            once()
            time.sleep(PAUSE)

    await asyncio.gather(*(asyncio.to_thread(again_and_again) for _ in range(attackers)))
