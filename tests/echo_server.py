"""Answers every message with itself: what the conformance cases talk to."""

from contextlib import suppress

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.frames import Frame, Opcode

from routes.streams.websocket.connection import Wire, text_frame
from routes.streams.websocket.uvicorn_protocols import hand_over


class Echo(Wire):
    def received(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.transport.write(text_frame(message))
        else:
            self.transport.write(binary_frame(message))


def binary_frame(data: bytes) -> bytes:
    return Frame(Opcode.BINARY, data).serialize(mask=False)


async def handed(websocket: WebSocket) -> None:
    """By a `Wire`."""
    await websocket.accept()
    give = hand_over(websocket.scope)
    assert give is not None
    give(Echo())


async def kept(websocket: WebSocket) -> None:
    """As on any server."""
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            await websocket.send(
                {"type": "websocket.send", "text": message.get("text")}
                if message.get("text") is not None
                else {"type": "websocket.send", "bytes": message["bytes"]}
            )


app = Starlette(routes=[WebSocketRoute("/handed", handed), WebSocketRoute("/kept", kept)])
