"""The fast WebSocket, a box that may be taken out: Parley is right without it.

What it gains: an idle socket costs 3 to 4 KB instead of 33, because it keeps no task and no queue;
and what is published is framed once and written to every socket in the hub's turn.

What it stands on: uvicorn's `HttpToolsProtocol` and `WebSocketsSansIOProtocol`, which it subclasses
(tests/test_private_names.py lists the names), and the sans-I/O parser of `websockets`, through its
public interface. uvicorn does the handshake; then the connection is handed over.

Without it: delete this folder and bin/web's `--http` and `--ws`. `routes/streams/transports.py`
then serves the same sockets with a few tasks each, as on any other server; nothing outside imports
this folder. A test starts Parley that way.
"""
