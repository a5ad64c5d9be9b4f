#define _GNU_SOURCE
#include "talk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 4096 };

party all;

static size_t fill(char *frame, uint64_t number);
static void move_window(connection *c, unsigned newest);

void say(connection *sender, uint64_t moment)
{
	if (all.sent == all.capacity) {
		all.capacity = all.capacity ? 2 * all.capacity : 1 << 16;
		all.messages = realloc(all.messages, all.capacity * sizeof *all.messages);
		if (!all.messages)
			fail("out of memory");
	}
	room *in = &all.rooms[sender->room];
	all.messages[all.sent] = (message){.sent_at = moment, .sender = sender, .number = ++in->sent};
	all.expected += in->readers;
	char frame[FRAME];
	connection_send(sender, frame, fill(frame, all.sent++));
}

static size_t fill(char *frame, uint64_t number)
{
	char *to = frame;
	for (const char *from = all.template; *from && to < frame + FRAME - 64;) {
		if (strncmp(from, "@ID@", 4) == 0) {
			to += sprintf(to, "%s%012" PRIx64, net.id_prefix, number);
			from += 4;
		} else if (strncmp(from, "@N@", 3) == 0) {
			to += sprintf(to, "%08" PRIu64, number);
			from += 3;
		} else {
			*to++ = *from++;
		}
	}
	return (size_t)(to - frame);
}

/* Tells repeats as replay protection does (RFC 6479): all arrive nearly in order. */
bool note_arrival(connection *c, uint64_t number)
{
	if (number < all.first || number >= all.sent || all.messages[number].sender->room != c->room) {
		all.stray++;
		return false;
	}
	unsigned place = all.messages[number].number;
	uint64_t *word = &c->window[place % WINDOW / 64], bit = 1ull << place % 64;
	if (place > c->newest) {
		move_window(c, place);
	} else if (c->newest - place >= WINDOW || *word & bit) {
		all.repeated++;
		return false;
	}
	*word |= bit;
	all.messages[number].arrived++;
	all.arrived++;
	return true;
}

static void move_window(connection *c, unsigned newest)
{
	unsigned first = newest - c->newest < WINDOW ? c->newest + 1 : newest - WINDOW + 1;
	for (unsigned place = first; place <= newest; place++)
		c->window[place % WINDOW / 64] &= ~(1ull << place % 64);
	c->newest = newest;
}

void begin_run(void)
{
	all.first = all.sent;
	all.expected = all.arrived = all.repeated = all.stray = 0;
}

void print_counts(void)
{
	uint64_t unheard = 0;
	for (uint64_t i = all.first; i < all.sent; i++)
		unheard += !all.messages[i].arrived;
	printf("{\"expected\": %" PRIu64 ", \"arrived\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"unheard\": %" PRIu64 ", \"repeated\": %" PRIu64 ", \"stray\": %" PRIu64
	       ", \"connections\": %u, \"ended\": %u",
	       all.expected, all.arrived, all.expected - all.arrived, unheard, all.repeated, all.stray,
	       all.count, all.ended);
	printf(", \"codes\": [");
	for (unsigned i = 0; i < all.ended && i < sizeof all.end_codes / sizeof *all.end_codes; i++)
		printf("%s%u", i ? ", " : "", all.end_codes[i]);
	printf("]");
}
