#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void buffer_append(buffer *b, const char *bytes, size_t length)
{
	if (b->length + length > b->capacity) {
		b->capacity = 2 * (b->length + length);
		b->bytes = realloc(b->bytes, b->capacity);
		if (!b->bytes)
			fail("out of memory");
	}
	memcpy(b->bytes + b->length, bytes, length);
	b->length += length;
}

void buffer_drop(buffer *b, size_t length)
{
	b->length -= length;
	if (b->length)
		memmove(b->bytes, b->bytes + length, b->length);
	else
		buffer_free(b);
}

void buffer_free(buffer *b)
{
	free(b->bytes);
	memset(b, 0, sizeof *b);
}

uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double own_cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int net_connect(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

void net_reset(int fd)
{
	struct linger none = {.l_onoff = 1, .l_linger = 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	close(fd);
}

int net_write(int fd, buffer *waiting, const char *bytes, size_t length)
{
	if (!waiting->length) {
		ssize_t taken = send(fd, bytes, length, MSG_NOSIGNAL);
		if (taken < 0 && errno != EAGAIN)
			return -1;
		if (taken > 0) {
			bytes += taken;
			length -= (size_t)taken;
		}
	}
	if (length)
		buffer_append(waiting, bytes, length);
	return 0;
}

void net_raise_limit(void)
{
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

void fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}
