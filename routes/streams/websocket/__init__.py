"""The fast WebSocket: no task, no queue, 5 KB a connection instead of 33.

It stands on uvicorn's HTTP and WebSocket protocol classes, which it subclasses, and on the sans-I/O
parser of `websockets`. Parley is right without it: under any other server, or `uvicorn app:app`,
`routes/streams/transports.py` serves the same sockets with a task each. Tests start it so.
"""
