"""Very many connections of one person, and very many requests over them."""

from contextlib import ExitStack
from functools import partial

from websockets.frames import Opcode

from tests.attacks.attacker import ask, attack, close_code, head, open_socket, send_all
from tests.attacks.bystander import Bystander
from tests.attacks.test_bodies import post
from tests.attacks.test_frames import frames
from tests.clients import Visitor

PINGS = frames(Opcode.PING, 40, fin=True)


async def test_more_sockets_than_a_person_may_have(
    bystander: Bystander, mallory: Visitor, chat: int
) -> None:
    codes = []

    def once() -> None:
        with ExitStack() as sockets:
            held = [
                sockets.enter_context(open_socket(mallory, f"/ws/chat/{chat}/")) for _ in range(25)
            ]
            for socket in held:
                send_all(socket, PINGS)
            codes.append(close_code(held[-1]))

    await bystander.undisturbed(partial(attack, once))
    assert codes[-1] == 4429


async def test_searching_without_end(bystander: Bystander, mallory: Visitor) -> None:
    request = head(mallory, "GET", "/people/?q=person")
    await bystander.undisturbed(partial(attack, partial(ask, mallory, request), attackers=4))
    assert 429 in [ask(mallory, request) for _ in range(40)]


async def test_making_conversations_and_renaming_without_end(
    bystander: Bystander, mallory: Visitor
) -> None:
    making = post(mallory, "/chat/new/", f"to={bystander.username}&title=Plans")
    renaming = post(mallory, "/account/name/", "name=Mallory")

    def once() -> None:
        ask(mallory, making)
        ask(mallory, renaming)

    await bystander.undisturbed(partial(attack, once))
    assert ask(mallory, making) == 429
    assert ask(mallory, renaming) == 429
