/* The limit: a WebSocket server of one thread that stores nothing and knows nobody.
 *
 *     writer PORT FRAGMENT_BYTES each|joined
 *
 * Whoever asks for /room/N is in room N. A text frame with a "client_id" becomes a fragment of
 * FRAGMENT_BYTES with that id in it, and goes to everybody in the room: with one send() for each
 * (`each`), or with one for all that a turn of the loop owes a connection (`joined`).
 */
#define _GNU_SOURCE
#include "../load/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, INPUT = 1 << 16, ROOMS = 1 << 16, ID = 36, CLOSE = 8 };

typedef struct client {
	int fd, room;
	unsigned place; /* in its room */
	bool upgraded;
	buffer input, output;
} client;

typedef struct {
	client **clients;
	unsigned count, capacity;
	buffer owed; /* of this turn, the same for everybody in the room */
} room;

static room rooms[ROOMS];
static int turned[ROOMS]; /* the rooms that are owed something */
static unsigned turned_count;
static int watched;
static bool joining;
static char *frame; /* with the place of the id open */
static size_t frame_length, id_at;

static void make_frame(size_t fragment);
static int listening(int port);
static void accept_all(int listener);
static void readable(client *c);
static size_t upgrade(client *c, char *bytes, size_t length);
static size_t read_frame(client *c, char *bytes, size_t length);
static void fan_out(room *r, const char *id);
static void write_room(room *r, const char *bytes, size_t length);
static void leave(client *c);

int main(int count, char **words)
{
	if (count != 4)
		fail("usage: writer PORT FRAGMENT_BYTES each|joined");
	net_raise_limit();
	make_frame((size_t)atol(words[2]));
	joining = strcmp(words[3], "joined") == 0;
	int listener = listening(atoi(words[1]));
	watched = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN}, events[EVENTS];
	epoll_ctl(watched, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int happened = epoll_wait(watched, events, EVENTS, -1);
		for (int i = 0; i < happened; i++) {
			client *c = events[i].data.ptr;
			if (!c) {
				accept_all(listener);
				continue;
			}
			if (c->output.length) {
				ssize_t taken = send(c->fd, c->output.bytes, c->output.length, MSG_NOSIGNAL);
				if (taken > 0)
					buffer_drop(&c->output, (size_t)taken);
			}
			if (events[i].events & ~(uint32_t)EPOLLOUT)
				readable(c);
		}
		for (unsigned i = 0; i < turned_count; i++) {
			room *r = &rooms[turned[i]];
			write_room(r, r->owed.bytes, r->owed.length);
			buffer_drop(&r->owed, r->owed.length);
		}
		turned_count = 0;
	}
}

/* An element as Parley's is, filled up with words to the wanted size. */
static void make_frame(size_t fragment)
{
	static const char before[] = "<li class=\"message\" id=\"message-1-", words[] = "so it goes on ";
	frame = malloc(fragment + 4);
	frame[0] = (char)0x81;
	frame[1] = 126;
	frame[2] = (char)(fragment >> 8);
	frame[3] = (char)fragment;
	memcpy(frame + 4, before, sizeof before - 1);
	id_at = 4 + sizeof before - 1;
	for (size_t i = id_at + ID; i < fragment + 4; i++)
		frame[i] = words[i % (sizeof words - 1)];
	frame[id_at + ID] = '"';
	frame_length = fragment + 4;
}

static int listening(int port)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4096) < 0)
		fail("port %d is taken", port);
	return fd;
}

static void accept_all(int listener)
{
	int fd, one = 1;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		client *c = calloc(1, sizeof *c);
		c->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
		epoll_ctl(watched, EPOLL_CTL_ADD, fd, &event);
	}
}

/* Edge-triggered: a read that leaves room has taken everything, and nobody here writes more. */
static void readable(client *c)
{
	static char input[INPUT];
	ssize_t got = recv(c->fd, input, sizeof input, 0);
	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			leave(c);
		return;
	}
	if (got == sizeof input)
		fail("a client sends more than %d bytes at once", INPUT);
	char *bytes = input;
	size_t length = (size_t)got, used = 0, step = 1;
	if (c->input.length) {
		buffer_append(&c->input, input, length);
		bytes = c->input.bytes;
		length = c->input.length;
	}
	while (used < length && step) {
		step = c->upgraded ? read_frame(c, bytes + used, length - used)
		                   : upgrade(c, bytes + used, length - used);
		used += step;
	}
	if (c->fd < 0)
		free(c);
	else if (c->input.length)
		buffer_drop(&c->input, used);
	else if (used < length)
		buffer_append(&c->input, bytes + used, length - used);
}

/* The load generator reads no Sec-WebSocket-Accept, so none is made. */
static size_t upgrade(client *c, char *bytes, size_t length)
{
	static const char answer[] =
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
	char *end = memmem(bytes, length, "\r\n\r\n", 4);
	if (!end)
		return 0;
	if (sscanf(bytes, "GET /room/%d", &c->room) != 1 || c->room < 0 || c->room >= ROOMS)
		fail("there is no such room");
	room *r = &rooms[c->room];
	if (r->count == r->capacity) {
		r->capacity = r->capacity ? 2 * r->capacity : 16;
		r->clients = realloc(r->clients, r->capacity * sizeof *r->clients);
	}
	c->place = r->count;
	r->clients[r->count++] = c;
	c->upgraded = true;
	net_write(c->fd, &c->output, answer, sizeof answer - 1);
	return (size_t)(end + 4 - bytes);
}

static size_t read_frame(client *c, char *bytes, size_t length)
{
	unsigned char *b = (unsigned char *)bytes;
	size_t head = 2, size = length < 2 ? 0 : b[1] & 127;
	if (size == 126 && length >= 4) {
		head = 4;
		size = (size_t)b[2] << 8 | b[3];
	}
	if (length < 2 || length < head + 4 + size)
		return 0;
	char *mask = bytes + head, *text = mask + 4;
	for (size_t i = 0; i < size; i++)
		text[i] ^= mask[i & 3];
	if ((b[0] & 15) == CLOSE) {
		leave(c);
		return 0;
	}
	static const char key[] = "\"client_id\":\"";
	char *id = memmem(text, size, key, sizeof key - 1);
	if (id && id + sizeof key - 1 + ID <= text + size)
		fan_out(&rooms[c->room], id + sizeof key - 1);
	return head + 4 + size;
}

static void fan_out(room *r, const char *id)
{
	memcpy(frame + id_at, id, ID);
	if (!joining) {
		write_room(r, frame, frame_length);
		return;
	}
	if (!r->owed.length)
		turned[turned_count++] = (int)(r - rooms);
	buffer_append(&r->owed, frame, frame_length);
}

static void write_room(room *r, const char *bytes, size_t length)
{
	for (unsigned i = 0; i < r->count; i++)
		net_write(r->clients[i]->fd, &r->clients[i]->output, bytes, length);
}

static void leave(client *c)
{
	room *r = &rooms[c->room];
	if (c->upgraded) {
		r->clients[c->place] = r->clients[--r->count];
		r->clients[c->place]->place = c->place;
	}
	close(c->fd);
	c->fd = -1;
	buffer_free(&c->input);
	buffer_free(&c->output);
}
