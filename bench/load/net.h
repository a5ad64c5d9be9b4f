#ifndef NET_H
#define NET_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that wait: for the rest of a frame, or for room in the kernel. */
typedef struct {
	char *bytes;
	size_t length, capacity;
} buffer;

void buffer_append(buffer *b, const char *bytes, size_t length);
void buffer_drop(buffer *b, size_t length); /* from its beginning */
void buffer_free(buffer *b);

/* Nanoseconds on a clock that only goes forward. */
uint64_t now(void);

/* Seconds of processor time that this process has used. */
double own_cpu(void);

/* A connection to 127.0.0.1 that is being made without waiting; -1 with errno set. */
int net_connect(int port);

/* Ends a connection by a reset, which leaves no port behind in TIME_WAIT. */
void net_reset(int fd);

/* Writes now what the kernel takes and keeps the rest in `waiting`; -1 where the peer has gone. */
int net_write(int fd, buffer *waiting, const char *bytes, size_t length);

/* Lets this process open as many files as it is allowed to. */
void net_raise_limit(void);

/* Says why on stderr and ends the process. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
