/* Opens the connections that a file names, and then does what the lines on stdin say.
 *
 * A line of the file: `ws` or `sse`, the number of its room, 1 if it sends (else 0), path, cookie.
 * Lines on stdin: `talk SECONDS WARMUP RATE DRAIN`, `storm RATE PATIENCE`; the end of stdin ends it.
 * Lines on stdout are JSON: {"event": …} at a moment that others measure from, and each one's counts.
 */
#define _GNU_SOURCE
#include "talk.h"

#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { OPENING = 128 };

static const uint64_t OPENING_TIME = 120000000000;

static int clock_fd;

static void read_options(int count, char **words);
static void read_connections(const char *path);
static void make_ids(void);
static void begin_to_watch(void);
static void open_all(void);
static bool obey(void);

static void on_ready(connection *c);
static void on_end(connection *c, unsigned code);
static void on_message(connection *c, uint64_t number, uint64_t moment);

int main(int count, char **words)
{
	read_options(count, words);
	read_connections(words[optind]);
	make_ids();
	net_raise_limit();
	begin_to_watch();
	setvbuf(stdin, NULL, _IONBF, 0);
	open_all();
	while (obey())
		;
	for (unsigned i = 0; i < all.count; i++)
		connection_drop(&all.connections[i]);
	return 0;
}

static void read_options(int count, char **words)
{
	static const struct option options[] = {
		{"port", required_argument, NULL, 'p'},   {"frame", required_argument, NULL, 'f'},
		{"hello", required_argument, NULL, 'h'},  {"ready-after", required_argument, NULL, 'r'},
		{"cursor", required_argument, NULL, 'c'}, {"engine-io", no_argument, NULL, 'e'},
		{NULL, 0, NULL, 0},
	};
	for (int option; (option = getopt_long(count, words, "", options, NULL)) != -1;) {
		switch (option) {
		case 'p': net.port = atoi(optarg); break;
		case 'f': all.template = optarg; break;
		case 'h': net.hello = optarg; break;
		case 'r': net.ready_after = (unsigned)atoi(optarg); break;
		case 'c': net.cursor_mark = optarg; break;
		case 'e': net.engine_io = true; break;
		default: exit(2);
		}
	}
	if (optind != count - 1 || !net.port || !all.template)
		fail("usage: load --port N --frame TEMPLATE [--hello FRAME] [--ready-after FRAMES] "
		     "[--cursor MARK] [--engine-io] FILE");
}

static void read_connections(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file)
		fail("%s: there is no such file", path);
	char kind[8], where[512], cookie[512];
	unsigned number, sends, capacity = 0;
	while (fscanf(file, "%7s %u %u %511s %511s", kind, &number, &sends, where, cookie) == 5) {
		if (all.count == capacity) {
			capacity = capacity ? 2 * capacity : 1024;
			all.connections = realloc(all.connections, capacity * sizeof *all.connections);
		}
		all.connections[all.count++] = (connection){.is_stream = strcmp(kind, "sse") == 0,
		                                            .room = number,
		                                            .sends = sends,
		                                            .cursor = -1,
		                                            .path = strdup(where),
		                                            .cookie = strdup(cookie)};
		if (number >= all.room_count)
			all.room_count = number + 1;
		all.sender_count += sends;
	}
	if (!feof(file))
		fail("%s: line %u is no connection", path, all.count + 1);
	fclose(file);
	all.rooms = calloc(all.room_count, sizeof *all.rooms);
	all.senders = calloc(all.sender_count, sizeof *all.senders);
	unsigned sender = 0;
	for (unsigned i = 0; i < all.count; i++) {
		connection *c = &all.connections[i];
		all.rooms[c->room].readers++;
		if (c->sends)
			all.senders[sender++] = c;
	}
}

/* Ids that no other run has: UUIDs of version 4 whose last twelve digits count. */
static void make_ids(void)
{
	unsigned char r[9];
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, r, sizeof r) != sizeof r)
		fail("there is no randomness");
	close(fd);
	snprintf(net.id_prefix, sizeof net.id_prefix, "%02x%02x%02x%02x-%02x%02x-4%01x%02x-8%01x%02x-",
		r[0], r[1], r[2], r[3], r[4], r[5], r[6] & 15, r[7], r[6] >> 4, r[8]);
}

static void begin_to_watch(void)
{
	net.epoll = epoll_create1(EPOLL_CLOEXEC);
	clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct epoll_event event = {.events = EPOLLIN};
	epoll_ctl(net.epoll, EPOLL_CTL_ADD, clock_fd, &event);
	epoll_ctl(net.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
	net.on_ready = on_ready;
	net.on_end = on_end;
	net.on_message = on_message;
}

void clock_set(uint64_t at)
{
	static uint64_t set;
	if (at == set)
		return;
	set = at;
	struct itimerspec time = {.it_value = {.tv_sec = (time_t)(at / 1000000000u),
	                                       .tv_nsec = (long)(at % 1000000000u)}};
	timerfd_settime(clock_fd, TFD_TIMER_ABSTIME, &time, NULL);
}

static void open_all(void)
{
	uint64_t begin = now();
	for (unsigned opened = 0; all.ready + all.ended < all.count;) {
		while (opened < all.count && opened - all.ready - all.ended < OPENING)
			connection_open(&all.connections[opened++]);
		connections_turn(100);
		if (now() - begin > OPENING_TIME)
			fail("only %u of %u connections could be opened in time", all.ready, all.count);
	}
	printf("{\"event\": \"ready\", \"connections\": %u, \"ended\": %u, \"seconds\": %.3f, \"codes\": [",
	       all.ready, all.ended, (double)(now() - begin) / 1e9);
	for (unsigned i = 0; i < all.ended && i < sizeof all.end_codes / sizeof *all.end_codes; i++)
		printf("%s%u", i ? ", " : "", all.end_codes[i]);
	printf("]}\n");
	fflush(stdout);
}

/* Keeps the connections alive until a line comes, and does it; false at the end of stdin. */
static bool obey(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	clock_set(0);
	do
		connections_turn(-1);
	while (poll(&input, 1, 0) == 0);
	char line[256];
	double a, b, c, d;
	if (!fgets(line, sizeof line, stdin))
		return false;
	if (sscanf(line, "talk %lf %lf %lf %lf", &a, &b, &c, &d) == 4)
		talk(a, b, c, d);
	else if (sscanf(line, "storm %lf %lf", &a, &b) == 2)
		storm(a, b);
	else
		fail("what does this mean: %s", line);
	fflush(stdout);
	return true;
}

static void on_ready(connection *c)
{
	(void)c;
	all.ready++;
}

static void on_end(connection *c, unsigned code)
{
	(void)c;
	if (all.ended < sizeof all.end_codes / sizeof *all.end_codes)
		all.end_codes[all.ended] = code;
	all.ended++;
}

static void on_message(connection *c, uint64_t number, uint64_t moment)
{
	(void)moment;
	note_arrival(c, number);
}
