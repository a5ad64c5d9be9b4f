"""One stream of fragments behind three transports: cursor, catching up, heartbeat, end."""
