"""What a stream may take: bytes, and seconds."""

FRAME_BYTES = 64 * 1024
"""The largest frame a client may send. `bin/web` tells uvicorn the same."""

HEAD_BYTES = 32 * 1024
"""The largest request line with its headers."""

HEAD_TIMEOUT = 10.0
"""For a request line and headers to arrive, from the moment a connection is there."""

FRAGMENTS = 128
"""The most fragments of a message, and the most frames that are still read from a client whose
connection is closing."""

SLICE_BYTES = 4 * 1024
"""How much is parsed before what it holds is counted: at most 682 frames, 10 ms of work."""

SEND_TIMEOUT = 20.0
"""For the other side to take what is sent, before the connection is dropped."""

CLOSE_TIMEOUT = 5.0
"""For the other side to answer a close frame."""

PONG_TIMEOUT = 10.0
"""For the other side to answer a ping; checked at the next heartbeat."""

RETRY_DELAY = 1.0
"""Between two attempts to catch up while the database is unavailable."""

POLL_TIMEOUT = 25
"""The longest a poll waits for news."""
