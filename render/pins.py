"""What a conversation shows as pinned, at its top."""

from types import SimpleNamespace
from typing import Protocol

from render.excerpts import excerpt
from render.messages import address_in_conversation


class Line(Protocol):
    """What a view needs of a line. Without a pinned message the `number` is 0."""

    @property
    def conversation_id(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def position(self) -> int | None: ...
    @property
    def author_id(self) -> int | None: ...
    @property
    def client_id(self) -> str | None: ...
    @property
    def body(self) -> str | None: ...


def view(line: Line) -> SimpleNamespace | None:
    """All that pins/_line.html shows, which escapes it; None where nothing is pinned."""
    if not line.number:
        return None
    return SimpleNamespace(
        address=address_in_conversation(line),  # type: ignore[arg-type]  # there is a message
        all=f"/chat/{line.conversation_id}/pinned/",
        position=line.position,
        number=line.number,
        text=" ".join(excerpt(line.body or "").split()),
    )
