#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT = 1 << 20, EVENTS = 512, LARGEST_FRAME = 32 << 20 };
enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };
enum { ABNORMAL = 1006 };

wire net;

static void request_upgrade(connection *c);
static void readable(connection *c);
static bool read_once(connection *c);
static size_t consume(connection *c, char *bytes, size_t length, uint64_t moment);
static size_t read_head(connection *c, const char *bytes, size_t length, uint64_t moment);
static size_t read_frame(connection *c, char *bytes, size_t length, uint64_t moment);
static size_t read_stream(connection *c, const char *bytes, size_t length, uint64_t moment);
static void text_frame(connection *c, const char *text, size_t length, uint64_t moment);
static const char *find_messages(connection *c, const char *text, const char *end, uint64_t moment);
static void find_cursor(connection *c, const char *text, const char *end);
static void ready(connection *c, uint64_t moment);
static void ended(connection *c, unsigned code);
static void answer(connection *c, unsigned opcode, const char *payload, size_t length);
static void send_frame(connection *c, unsigned opcode, const char *payload, size_t length);
static void write_waiting(connection *c);

void connection_open(connection *c)
{
	c->frames = 0;
	c->fd = net_connect(net.port);
	if (c->fd < 0) {
		c->stage = DOWN;
		net.on_end(c, ABNORMAL);
		return;
	}
	c->stage = CONNECTING;
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
	epoll_ctl(net.epoll, EPOLL_CTL_ADD, c->fd, &event);
}

void connection_drop(connection *c)
{
	if (c->stage == DOWN)
		return;
	c->stage = DOWN;
	net_reset(c->fd);
	buffer_free(&c->input);
	buffer_free(&c->output);
}

void connection_send(connection *c, const char *text, size_t length)
{
	if (c->stage >= OPEN)
		send_frame(c, TEXT, text, length);
}

bool connections_turn(int milliseconds)
{
	static struct epoll_event events[EVENTS];
	int count = epoll_wait(net.epoll, events, EVENTS, milliseconds);
	bool happened = false;
	for (int i = 0; i < count; i++) {
		connection *c = events[i].data.ptr;
		if (!c) /* the clock of a talk, which only wakes */
			continue;
		happened = true;
		if (c->stage == CONNECTING) {
			request_upgrade(c);
		} else if (c->stage != DOWN) {
			if (c->output.length)
				write_waiting(c);
			if (events[i].events & ~(uint32_t)EPOLLOUT)
				readable(c);
		}
	}
	return happened;
}

static void request_upgrade(connection *c)
{
	char request[2048], path[512];
	int length = snprintf(path, sizeof path, "%s", c->path);
	if (c->cursor >= 0)
		snprintf(path + length, sizeof path - (size_t)length, "%cafter=%" PRId64,
			strchr(path, '?') ? '&' : '?', c->cursor);
	if (c->is_stream)
		length = snprintf(request, sizeof request,
			"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\nCookie: %s\r\n\r\n",
			path, net.port, c->cookie);
	else
		/* Nobody is protected here, so the key may stay the same and the answer to it unread. */
		length = snprintf(request, sizeof request,
			"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			"Sec-WebSocket-Key: cGFybGV5IGlzIHF1aWNrIQ==\r\nSec-WebSocket-Version: 13\r\n"
			"Cookie: %s\r\n\r\n",
			path, net.port, c->cookie);
	int error = 0;
	socklen_t size = sizeof error;
	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error || net_write(c->fd, &c->output, request, (size_t)length) < 0) {
		ended(c, ABNORMAL);
		return;
	}
	c->stage = UPGRADING;
}

/* Edge-triggered: reads until there is no more. A read that leaves room has taken everything. */
static void readable(connection *c)
{
	while (read_once(c))
		;
}

/* What is left of earlier reads stands before what comes now, in one array. */
static bool read_once(connection *c)
{
	static char input[INPUT];
	size_t held = c->input.length;
	if (held > LARGEST_FRAME)
		fail("%s: a frame of more than %d bytes", c->path, LARGEST_FRAME);
	bool is_long = held > INPUT / 2; /* then it stays in a buffer of its own */
	size_t begin = is_long ? 0 : held;
	ssize_t got = recv(c->fd, input + begin, INPUT - begin, 0);
	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			ended(c, ABNORMAL);
		return false;
	}
	net.reads++;
	net.bytes += (uint64_t)got;
	char *bytes = input;
	if (is_long) {
		buffer_append(&c->input, input, (size_t)got);
		bytes = c->input.bytes;
	} else if (held) {
		memcpy(input, c->input.bytes, held);
	}
	size_t length = held + (size_t)got;
	size_t used = consume(c, bytes, length, now());
	if (c->stage == DOWN)
		return false;
	if (is_long) {
		buffer_drop(&c->input, used);
	} else {
		if (held)
			buffer_free(&c->input);
		if (used < length)
			buffer_append(&c->input, input + used, length - used);
	}
	return (size_t)got == INPUT - begin;
}

/* Handles what is whole of these bytes and returns how many those are. */
static size_t consume(connection *c, char *bytes, size_t length, uint64_t moment)
{
	size_t used = 0, step;
	do {
		if (c->stage == UPGRADING)
			step = read_head(c, bytes + used, length - used, moment);
		else if (c->is_stream)
			step = read_stream(c, bytes + used, length - used, moment);
		else
			step = read_frame(c, bytes + used, length - used, moment);
		used += step;
	} while (step && used < length && c->stage != DOWN);
	return used;
}

static size_t read_head(connection *c, const char *bytes, size_t length, uint64_t moment)
{
	const char *end = memmem(bytes, length, "\r\n\r\n", 4);
	if (!end)
		return 0;
	if (memcmp(bytes + 8, c->is_stream ? " 200" : " 101", 4) != 0) {
		ended(c, (unsigned)atoi(bytes + 9));
		return 0;
	}
	c->stage = OPEN;
	if (net.hello && !c->is_stream)
		connection_send(c, net.hello, strlen(net.hello));
	if (!c->is_stream && !net.ready_after)
		ready(c, moment);
	return (size_t)(end + 4 - bytes);
}

static size_t read_frame(connection *c, char *bytes, size_t length, uint64_t moment)
{
	const unsigned char *b = (unsigned char *)bytes;
	if (length < 2)
		return 0;
	size_t head = 2, size = b[1] & 127;
	if (size == 126) {
		head = 4;
		if (length < head)
			return 0;
		size = (size_t)b[2] << 8 | b[3];
	} else if (size == 127) {
		head = 10;
		if (length < head)
			return 0;
		size = 0;
		for (int i = 2; i < 10; i++)
			size = size << 8 | b[i];
	}
	if (length < head + size)
		return 0;
	char *payload = bytes + head;
	switch (b[0] & 15) {
	case CLOSE:
		ended(c, size >= 2 ? (unsigned)b[head] << 8 | b[head + 1] : ABNORMAL);
		break;
	case PING:
		answer(c, PONG, payload, size);
		break;
	case PONG:
		break;
	default:
		text_frame(c, payload, size, moment);
	}
	return head + size;
}

/* Events are not parsed: only a tail that may be the beginning of an id is kept for the next read. */
static size_t read_stream(connection *c, const char *bytes, size_t length, uint64_t moment)
{
	const char *end = bytes + length;
	const char *rest = find_messages(c, bytes, end, moment);
	size_t tail = (size_t)(end - rest);
	if (tail > ID_LENGTH)
		tail = ID_LENGTH;
	if (tail < length)
		net.frames++;
	if (c->stage == OPEN)
		ready(c, moment);
	return length - tail;
}

static void text_frame(connection *c, const char *text, size_t length, uint64_t moment)
{
	net.frames++;
	c->frames++;
	if (net.engine_io && length == 1 && *text == '2')
		answer(c, TEXT, "3", 1);
	find_messages(c, text, text + length, moment);
	if (net.cursor_mark)
		find_cursor(c, text, text + length);
	if (c->stage == OPEN && c->frames >= net.ready_after)
		ready(c, moment);
}

/* Tells of each message in the text, and returns the end of the last one's id.
 *
 * A message is where an element's id ends in one of this run's ids, `…-<author>-<client_id>`;
 * elsewhere, say in a form that was refused, the same id is no message.
 */
static const char *find_messages(connection *c, const char *text, const char *end, uint64_t moment)
{
	const char *rest = text, *found = text;
	while ((found = memmem(found, (size_t)(end - found), net.id_prefix, ID_PREFIX))) {
		if (end - found < ID_LENGTH)
			break;
		uint64_t number = 0;
		for (int i = ID_PREFIX; i < ID_LENGTH; i++)
			number = number << 4 | (unsigned)(found[i] <= '9' ? found[i] - '0' : found[i] - 'a' + 10);
		if (found > text && found[-1] == '-')
			net.on_message(c, number, moment);
		rest = found += ID_LENGTH;
	}
	return rest;
}

static void find_cursor(connection *c, const char *text, const char *end)
{
	size_t length = strlen(net.cursor_mark);
	const char *found = text;
	while ((found = memmem(found, (size_t)(end - found), net.cursor_mark, length))) {
		found += length;
		int64_t revision = strtoll(found, NULL, 10);
		if (revision > c->cursor)
			c->cursor = revision;
	}
}

static void ready(connection *c, uint64_t moment)
{
	c->stage = READY;
	c->ready_at = moment;
	net.on_ready(c);
}

static void ended(connection *c, unsigned code)
{
	connection_drop(c);
	net.on_end(c, code);
}

/* Whoever sends something soon after hearing something is taken for a conversation by the kernel,
   which then keeps acknowledgements back until there is more to say, or to acknowledge: on loopback
   the server's core does that work, while it writes. Readers here acknowledge what they read as
   they read it, whether they are pinged or not. */
static void answer(connection *c, unsigned opcode, const char *payload, size_t length)
{
	int one = 1;
	send_frame(c, opcode, payload, length);
	setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
}

static void send_frame(connection *c, unsigned opcode, const char *payload, size_t length)
{
	static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
	unsigned char frame[4096];
	size_t head = 2;
	if (length > sizeof frame - 8)
		fail("a frame of %zu bytes is too large to be sent", length);
	frame[0] = (unsigned char)(0x80 | opcode);
	if (length < 126) {
		frame[1] = (unsigned char)(0x80 | length);
	} else {
		frame[1] = 0x80 | 126;
		frame[2] = (unsigned char)(length >> 8);
		frame[3] = (unsigned char)length;
		head = 4;
	}
	memcpy(frame + head, mask, 4);
	head += 4;
	for (size_t i = 0; i < length; i++)
		frame[head + i] = (unsigned char)payload[i] ^ mask[i & 3];
	net_write(c->fd, &c->output, (char *)frame, head + length);
}

static void write_waiting(connection *c)
{
	ssize_t taken = send(c->fd, c->output.bytes, c->output.length, MSG_NOSIGNAL);
	if (taken > 0)
		buffer_drop(&c->output, (size_t)taken);
}
