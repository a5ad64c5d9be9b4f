"""Bodies that are cheap to send and dear to read."""

from functools import partial
from urllib.parse import quote

import pytest

from tests.applications import Site
from tests.attacks.attacker import ask, attack, head
from tests.attacks.bystander import Bystander
from tests.clients import Visitor

INVISIBLE = "\N{ZERO WIDTH SPACE}"
FORM = "application/x-www-form-urlencoded"


def post(person: Visitor, path: str, body: str, **headers: str) -> bytes:
    data = body.encode()
    return head(person, "POST", path, Content_Length=len(data), Content_Type=FORM, **headers) + data


@pytest.mark.parametrize("size", [520_000, 16_000])
async def test_fields_without_names(bystander: Bystander, site: Site, size: int) -> None:
    stranger = await site.stranger()
    request = post(stranger, "/login/", "&" * size)
    await bystander.undisturbed(partial(attack, partial(ask, stranger, request)))
    assert ask(stranger, request) == (413 if size > 16_384 else 400)


@pytest.mark.parametrize("size", [170_000, 14_000])
async def test_a_message_of_what_shows_nothing(
    bystander: Bystander, mallory: Visitor, chat: int, size: int
) -> None:
    request = post(mallory, f"/chat/{chat}/messages/", f"body={quote(INVISIBLE) * size}")
    await bystander.undisturbed(partial(attack, partial(ask, mallory, request)))
    assert ask(mallory, request) == (413 if size > 14_000 else 422)


@pytest.mark.parametrize("size", [500_000, 16_000])
async def test_a_conversation_with_very_many_people(
    bystander: Bystander, mallory: Visitor, size: int
) -> None:
    names = ",".join(f"n{number}" for number in range(size // 6))
    request = post(mallory, "/chat/new/", f"to={names}"[:size])
    await bystander.undisturbed(partial(attack, partial(ask, mallory, request)))
    assert ask(mallory, request) == (413 if size > 16_384 else 429)  # too many conversations
