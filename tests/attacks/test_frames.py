"""Floods of frames: fragments that say nothing, pings, and both before and after the handshake."""

from contextlib import suppress

import pytest
from websockets.frames import Frame, Opcode

from tests.applications import Site
from tests.attacks.attacker import attack, close_code, open_socket, send_all
from tests.attacks.bystander import Bystander
from tests.clients import Visitor


def frames(opcode: Opcode, times: int, *, fin: bool) -> bytes:
    return Frame(opcode, b"", fin).serialize(mask=True) * times


FRAGMENTS = frames(Opcode.TEXT, 1, fin=False) + frames(Opcode.CONT, 60_000, fin=False)
PINGS = frames(Opcode.PING, 100_000, fin=True)

FLOODS = {"empty fragments": (FRAGMENTS, 4400), "pings": (PINGS, 4429)}


@pytest.mark.parametrize(("flood", "code"), FLOODS.values(), ids=FLOODS)
async def test_a_flood_of(
    bystander: Bystander, mallory: Visitor, chat: int, flood: bytes, code: int
) -> None:
    path = f"/ws/chat/{chat}/"
    codes = []

    def once() -> None:
        with open_socket(mallory, path) as socket:
            send_all(socket, flood)
            codes.append(close_code(socket))

    await bystander.undisturbed(lambda: attack(once))
    assert code in codes


@pytest.mark.parametrize("length", [60_000, len(PINGS)], ids=["little", "much"])
async def test_a_flood_before_the_handshake_is_over(
    bystander: Bystander, mallory: Visitor, chat: int, length: int
) -> None:
    path = f"/ws/chat/{chat}/"

    def once() -> None:
        with suppress(OSError), open_socket(mallory, path, PINGS[:length]) as socket:
            close_code(socket)

    await bystander.undisturbed(lambda: attack(once))


@pytest.mark.parametrize("flood", [flood for flood, _ in FLOODS.values()], ids=FLOODS)
async def test_a_flood_without_an_account(bystander: Bystander, site: Site, flood: bytes) -> None:
    """The socket is accepted, only to be closed with the code of a missing session."""
    stranger = await site.stranger()

    def once() -> None:
        with open_socket(stranger, "/ws/inbox/") as socket:
            send_all(socket, flood)
            close_code(socket)

    await bystander.undisturbed(lambda: attack(once))
