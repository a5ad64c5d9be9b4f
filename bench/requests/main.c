/* Asks for pages, or posts forms, over kept connections, each as soon as the last was answered.
 *
 *     requests PORT CONNECTIONS WARMUP SECONDS COOKIE PATH [FORM]
 *
 * In a form @ID@ becomes a new UUID. Prints {"event": …} where counting begins and ends, then JSON.
 */
#define _GNU_SOURCE
#include "../load/histogram.h"
#include "../load/net.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1024, INPUT = 1 << 18, REQUEST = 8192 };

typedef struct {
	int fd;
	uint64_t asked_at;
	buffer input, output;
} connection;

static struct {
	int port, watched;
	const char *cookie, *path, *form;
	uint64_t asked, answered, refused, reconnected, bytes;
	int status; /* of the last answer */
	bool measuring;
	histogram latency;
} run;

static void open_connection(connection *c);
static void ask(connection *c);
static size_t write_request(char *request);
static void readable(connection *c);
static size_t answer_length(const char *bytes, size_t length, bool *closes);
static const char *header(const char *head, size_t length, const char *name);
static void pass(double seconds);

static connection connections[MOST];

int main(int count, char **words)
{
	if (count < 7 || count > 8 || atoi(words[2]) < 1 || atoi(words[2]) > MOST)
		fail("usage: requests PORT CONNECTIONS WARMUP SECONDS COOKIE PATH [FORM]");
	run.port = atoi(words[1]);
	run.cookie = words[5];
	run.path = words[6];
	run.form = count == 8 ? words[7] : NULL;
	run.watched = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < atoi(words[2]); i++)
		open_connection(&connections[i]);

	pass(atof(words[3]));
	run.answered = run.refused = run.bytes = 0;
	run.measuring = true;
	printf("{\"event\": \"begin\"}\n");
	fflush(stdout);
	uint64_t begin = now();
	double cpu = own_cpu();
	pass(atof(words[4]));
	double seconds = (double)(now() - begin) / 1e9;
	cpu = own_cpu() - cpu;
	printf("{\"event\": \"end\"}\n");
	printf("{\"seconds\": %.6f, \"answered\": %" PRIu64 ", \"refused\": %" PRIu64
	       ", \"status\": %d, \"reconnected\": %" PRIu64 ", \"bytes\": %" PRIu64
	       ", \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"generator_cpu_seconds\": %.6f}\n",
	       seconds, run.answered, run.refused, run.status, run.reconnected, run.bytes,
	       histogram_quantile(&run.latency, 0.50), histogram_quantile(&run.latency, 0.99), cpu);
	return 0;
}

static void pass(double seconds)
{
	static struct epoll_event events[MOST];
	uint64_t until = now() + (uint64_t)(seconds * 1e9);
	while (now() < until) {
		int happened = epoll_wait(run.watched, events, MOST, 10);
		for (int i = 0; i < happened; i++)
			readable(events[i].data.ptr);
	}
}

static void open_connection(connection *c)
{
	c->fd = net_connect(run.port);
	if (c->fd < 0)
		fail("nobody listens on port %d", run.port);
	/* A request may be written once it is connected, which on loopback is almost at once. */
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
	int connected = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(connected, EPOLL_CTL_ADD, c->fd, &event);
	epoll_wait(connected, &event, 1, 5000);
	close(connected);
	event = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
	epoll_ctl(run.watched, EPOLL_CTL_ADD, c->fd, &event);
	ask(c);
}

static void ask(connection *c)
{
	char request[REQUEST];
	c->asked_at = now();
	net_write(c->fd, &c->output, request, write_request(request));
}

static size_t write_request(char *request)
{
	char form[REQUEST / 2] = "", *to = form;
	for (const char *from = run.form; from && *from && to < form + sizeof form - 64;) {
		if (strncmp(from, "@ID@", 4) == 0) {
			to += sprintf(to, "%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)(now() >> 20),
				(unsigned)now() & 0xffff, 0u, 0u, ++run.asked);
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
	int length = snprintf(request, REQUEST, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\n",
		run.form ? "POST" : "GET", run.path, run.port, run.cookie);
	if (run.form)
		length += snprintf(request + length, REQUEST - (size_t)length,
			"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
			(size_t)(to - form), form);
	else
		length += snprintf(request + length, REQUEST - (size_t)length, "\r\n");
	return (size_t)length;
}

static void readable(connection *c)
{
	static char input[INPUT];
	ssize_t got = recv(c->fd, input, sizeof input, 0);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got > 0)
		buffer_append(&c->input, input, (size_t)got);
	bool closes = false;
	size_t length = answer_length(c->input.bytes, c->input.length, &closes);
	if (length) {
		run.status = atoi(c->input.bytes + 9);
		run.answered++;
		run.refused += run.status >= 400;
		run.bytes += length;
		if (run.measuring)
			histogram_add(&run.latency, now() - c->asked_at);
		buffer_free(&c->input);
	}
	if (got <= 0 || closes) {
		net_reset(c->fd);
		buffer_free(&c->input);
		run.reconnected++;
		open_connection(c);
	} else if (length) {
		ask(c);
	}
}

/* The length of a whole answer at the beginning of these bytes, 0 where there is more to come. */
static size_t answer_length(const char *bytes, size_t length, bool *closes)
{
	const char *end = length ? memmem(bytes, length, "\r\n\r\n", 4) : NULL;
	if (!end)
		return 0;
	size_t head = (size_t)(end + 4 - bytes);
	const char *connection = header(bytes, head, "connection:");
	*closes = connection && strncasecmp(connection, "close", 5) == 0;
	const char *size = header(bytes, head, "content-length:");
	if (size) {
		size_t whole = head + strtoul(size, NULL, 10);
		return length >= whole ? whole : 0;
	}
	if (header(bytes, head, "transfer-encoding:"))
		return length >= head + 5 && memcmp(bytes + length - 5, "0\r\n\r\n", 5) == 0 ? length : 0;
	return head;
}

/* The value of a header, or NULL; the name is in small letters and ends in a colon. */
static const char *header(const char *head, size_t length, const char *name)
{
	size_t size = strlen(name);
	for (const char *line = head; (line = memmem(line, length - (size_t)(line - head), "\r\n", 2));) {
		line += 2;
		if ((size_t)(line - head) + size < length && strncasecmp(line, name, size) == 0) {
			for (line += size; *line == ' '; line++)
				;
			return line;
		}
	}
	return NULL;
}
