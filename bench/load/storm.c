#define _GNU_SOURCE
#include "talk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What static/js/live.js does: a random share of 250 ms, doubled with each try up to 15 s, and an
 * attempt is over after 4 s without a first frame. (Its look over plain HTTP between two attempts,
 * and its step to another transport after two of them, are left out.) */
static const uint64_t FIRST_WAIT = 250000000, LONGEST_WAIT = 15000000000, FIRST_FRAME = 4000000000;
static const uint64_t TICK = 5000000;

/* Once all are back, what has not come for so long will not come. */
static const uint64_t SILENCE = 5000000000;

static struct {
	unsigned away, attempts;
	uint64_t back_at, complete_at;
	histogram up, all;
} run;

static void on_message(connection *c, uint64_t number, uint64_t moment);
static void on_ready(connection *c);
static void on_end(connection *c, unsigned code);
static void come_back_later(connection *c);
static void look_after_the_lost(uint64_t moment);

void storm(double rate, double patience)
{
	void (*usual_ready)(connection *) = net.on_ready;
	void (*usual_end)(connection *, unsigned) = net.on_end;
	begin_run();
	histogram_clear(&run.up);
	histogram_clear(&run.all);
	run.away = run.attempts = 0;
	run.back_at = run.complete_at = 0;
	net.on_message = on_message;
	net.on_ready = on_ready;
	net.on_end = on_end;

	printf("{\"event\": \"begin\"}\n");
	fflush(stdout);
	uint64_t begin = now();
	uint64_t give_up = begin + (uint64_t)(patience * 1e9);
	for (unsigned i = 0; i < all.count; i++) {
		connection *c = &all.connections[i];
		if (c->sends)
			continue;
		connection_drop(c);
		c->tries = 0;
		run.away++;
		come_back_later(c);
	}
	uint64_t step = (uint64_t)(1e9 / rate), due = begin, tick = begin;
	unsigned turn = 0;
	while (run.away || all.arrived < all.expected) {
		uint64_t moment = now();
		uint64_t last = run.complete_at > run.back_at ? run.complete_at : run.back_at;
		if (moment > give_up || (!run.away && moment > last + SILENCE))
			break;
		for (; run.away && due <= moment; due += step)
			say(all.senders[turn++ % all.sender_count], due);
		if (moment >= tick) {
			look_after_the_lost(moment);
			tick = moment + TICK;
		}
		clock_set(run.away && due < tick ? due : tick);
		connections_turn(-1);
	}
	printf("{\"event\": \"end\"}\n");
	print_counts();
	double complete = run.complete_at > run.back_at ? (double)(run.complete_at - begin) / 1e9
	                                                : (double)(run.back_at - begin) / 1e9;
	printf(", \"away\": %u, \"attempts\": %u, \"back_seconds\": %.3f, \"complete_seconds\": %.3f",
	       run.away, run.attempts, run.away ? 0 : (double)(run.back_at - begin) / 1e9,
	       run.away ? 0 : complete);
	printf(", \"messages\": %" PRIu64 ", \"up_p50_ms\": %.3f, \"up_p95_ms\": %.3f, \"up_p99_ms\": %.3f",
	       all.sent - all.first, histogram_quantile(&run.up, 0.5), histogram_quantile(&run.up, 0.95),
	       histogram_quantile(&run.up, 0.99));
	printf(", \"all_p50_ms\": %.3f, \"all_p95_ms\": %.3f}\n", histogram_quantile(&run.all, 0.5),
	       histogram_quantile(&run.all, 0.95));
	net.on_ready = usual_ready;
	net.on_end = usual_end;
}

static void on_message(connection *c, uint64_t number, uint64_t moment)
{
	if (!note_arrival(c, number))
		return;
	uint64_t sent_at = all.messages[number].sent_at;
	histogram_add(&run.all, moment - sent_at);
	if (c->stage == READY && c->ready_at < sent_at)
		histogram_add(&run.up, moment - sent_at);
	run.complete_at = moment;
}

static void on_ready(connection *c)
{
	c->is_back = true;
	if (--run.away == 0)
		run.back_at = c->ready_at;
}

static void on_end(connection *c, unsigned code)
{
	(void)code;
	if (c->sends) {
		all.ended++;
		return;
	}
	if (c->is_back)
		run.away++;
	come_back_later(c);
}

static void come_back_later(connection *c)
{
	uint64_t longest = c->tries < 6 ? FIRST_WAIT << c->tries : LONGEST_WAIT;
	if (longest > LONGEST_WAIT)
		longest = LONGEST_WAIT;
	c->tries++;
	c->is_back = false;
	c->due_at = now() + (uint64_t)(drand48() * (double)longest);
}

static void look_after_the_lost(uint64_t moment)
{
	for (unsigned i = 0; i < all.count; i++) {
		connection *c = &all.connections[i];
		if (c->sends)
			continue;
		if (c->stage == DOWN && c->due_at <= moment) {
			run.attempts++;
			c->give_up_at = moment + FIRST_FRAME;
			connection_open(c);
		} else if (c->stage != READY && c->stage != DOWN && c->give_up_at <= moment) {
			connection_drop(c);
			come_back_later(c);
		}
	}
}
