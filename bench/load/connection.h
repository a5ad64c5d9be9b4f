#ifndef CONNECTION_H
#define CONNECTION_H

#include "net.h"

#include <stdbool.h>

enum { ID_PREFIX = 24, ID_LENGTH = 36, WINDOW = 1024 };

typedef enum { DOWN, CONNECTING, UPGRADING, OPEN, READY } stage;

/* A reader: a WebSocket, or a stream of Server-Sent Events. */
typedef struct {
	char *path, *cookie;
	unsigned room;
	bool is_stream, sends;

	int fd;
	stage stage;
	buffer input, output;
	unsigned frames;    /* text frames since it was opened */
	uint64_t ready_at;  /* when it was served its first */
	int64_t cursor;     /* the last revision that it was told, -1 where it was told none */

	/* Which of its room's messages have arrived: `newest`, and a bit for each of the WINDOW up to it,
	   at the remainder of its number. */
	uint64_t window[WINDOW / 64];
	unsigned newest;

	/* Of a reconnecting page. */
	unsigned tries;
	bool is_back;
	uint64_t due_at, give_up_at;
} connection;

typedef struct {
	int port, epoll;
	char id_prefix[ID_PREFIX + 1]; /* what the ids of this run begin with; twelve hex digits follow */
	const char *hello;             /* a frame to send once open, or NULL */
	const char *cursor_mark;       /* what stands before a revision, or NULL */
	unsigned ready_after;          /* frames after which a WebSocket is ready */
	bool engine_io;                /* pings are text frames */

	/* What is told: a connection is ready, a message has come, a connection has ended. */
	void (*on_ready)(connection *c);
	void (*on_message)(connection *c, uint64_t number, uint64_t moment);
	void (*on_end)(connection *c, unsigned code);

	uint64_t frames, bytes, reads;
} wire;

extern wire net;

/* Begins to connect; `on_ready` or `on_end` follows. */
void connection_open(connection *c);

/* Ends it by a reset; nothing is told. */
void connection_drop(connection *c);

/* Sends a text frame, masked; nothing where the connection isn't open. */
void connection_send(connection *c, const char *text, size_t length);

/* Waits up to `milliseconds` (-1: for ever) and handles what has happened; false where nothing has. */
bool connections_turn(int milliseconds);

#endif
