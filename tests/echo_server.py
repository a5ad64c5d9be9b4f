"""Answers every message with itself: what the conformance cases talk to."""

from contextlib import suppress

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.frames import Frame, Opcode

from routes.streams.transports import HAND_OVER
from routes.streams.websocket.connection import WebSocketConnection, text_frame
from routes.streams.websocket.uvicorn_protocols import HandoffWebSocketProtocol


class Echo(WebSocketConnection):
    def on_message(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.transport.write(text_frame(message))
        else:
            self.transport.write(binary_frame(message))


def binary_frame(data: bytes) -> bytes:
    return Frame(Opcode.BINARY, data).serialize(mask=False)


class EchoProtocol(HandoffWebSocketProtocol):
    def hand_over(self, *_: object) -> bool:
        self.give(Echo())
        return True


async def handed(websocket: WebSocket) -> None:
    """By a `WebSocketConnection`."""
    await websocket.accept()
    assert websocket.scope["extensions"][HAND_OVER]()


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
