#ifndef TALK_H
#define TALK_H

#include "connection.h"
#include "histogram.h"

/* Who is there, and what is said: the same for `talk` and for `storm`. */

typedef struct {
	uint64_t sent_at;
	connection *sender;
	unsigned number; /* its place among its room's, from 1 */
	unsigned arrived;
} message;

typedef struct {
	unsigned readers; /* the connections in it */
	unsigned sent;
} room;

typedef struct {
	connection *connections, **senders;
	room *rooms;
	unsigned count, sender_count, room_count;

	const char *template; /* a frame, with @ID@ and @N@ for the message's id and number */

	message *messages; /* all of this process's, by the number at the end of their ids */
	uint64_t sent, capacity;

	uint64_t first;    /* of the current run */
	uint64_t expected, arrived, repeated, stray;
	unsigned ready, ended;
	unsigned end_codes[8];
} party;

extern party all;

/* Says something in the sender's room; counted from `moment`, at which it was due. */
void say(connection *sender, uint64_t moment);

/* Notes an arrival. True where it is this connection's first copy of a message of this run. */
bool note_arrival(connection *c, uint64_t number);

/* Forgets what earlier runs have counted. */
void begin_run(void);

/* Prints the counts that every run has, as the beginning of a JSON object: of deliveries, and the
 * messages that are unheard: have reached nobody at all. */
void print_counts(void);

/* Lets each sender say something at each arrival of its own, or everybody `rate` times a second in
 * turn, for `warmup` and then `seconds`; waits up to `drain` for what has not arrived. Latency runs
 * from when a message was due, and is of all that were due in those seconds, drain included. */
void talk(double seconds, double warmup, double rate, double drain);

/* Drops all but the senders at once and lets them come back as the page does, while the senders say
 * something `rate` times a second in turn; gives up after `patience` seconds. */
void storm(double rate, double patience);

/* Wakes `connections_turn` at these times; 0 for none. */
void clock_set(uint64_t at);

#endif
