#include "talk.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct {
	uint64_t moment, sent, deliveries, frames, reads, bytes;
	double cpu;
} mark;

static struct {
	bool answering;
	uint64_t deliveries, from, until; /* latency is of what was due between these */
	histogram latency;
} run;

static void on_message(connection *c, uint64_t number, uint64_t moment);
static uint64_t pass(uint64_t until, uint64_t due, uint64_t step);
static uint64_t say_due(uint64_t moment, uint64_t due, uint64_t step);
static mark take_mark(const char *event);

void talk(double seconds, double warmup, double rate, double drain)
{
	begin_run();
	histogram_clear(&run.latency);
	run.deliveries = 0;
	run.from = run.until = UINT64_MAX;
	run.answering = rate == 0;
	net.on_message = on_message;

	uint64_t step = rate > 0 ? (uint64_t)(1e9 / rate) : 0;
	uint64_t begin = now() + (uint64_t)(warmup * 1e9);
	uint64_t due = now();
	if (run.answering)
		for (unsigned i = 0; i < all.sender_count; i++)
			say(all.senders[i], now());
	due = pass(begin, due, step);
	mark first = take_mark("begin");
	run.from = first.moment;
	pass(now() + (uint64_t)(seconds * 1e9), due, step);
	run.answering = false;
	mark last = take_mark("end");
	run.until = last.moment;

	uint64_t give_up = now() + (uint64_t)(drain * 1e9);
	while (all.arrived < all.expected && now() < give_up)
		connections_turn(10);

	uint64_t deliveries = last.deliveries - first.deliveries, frames = last.frames - first.frames;
	double cpu = last.cpu - first.cpu;
	print_counts();
	printf(", \"seconds\": %.6f, \"messages\": %" PRIu64 ", \"deliveries\": %" PRIu64
	       ", \"frames\": %" PRIu64 ", \"reads\": %" PRIu64 ", \"bytes\": %" PRIu64,
	       (double)(last.moment - first.moment) / 1e9, last.sent - first.sent, deliveries, frames,
	       last.reads - first.reads, last.bytes - first.bytes);
	printf(", \"p50_ms\": %.3f, \"p95_ms\": %.3f, \"p99_ms\": %.3f",
	       histogram_quantile(&run.latency, 0.50), histogram_quantile(&run.latency, 0.95),
	       histogram_quantile(&run.latency, 0.99));
	printf(", \"generator_cpu_seconds\": %.6f, \"generator_us_per_frame\": %.3f}\n", cpu,
	       frames ? cpu * 1e6 / (double)frames : 0);
}

static void on_message(connection *c, uint64_t number, uint64_t moment)
{
	if (!note_arrival(c, number))
		return;
	const message *m = &all.messages[number];
	run.deliveries++;
	if (m->sent_at >= run.from && m->sent_at < run.until)
		histogram_add(&run.latency, moment - m->sent_at);
	if (run.answering && m->sender == c)
		say(c, now());
}

/* Handles what happens until then. With a step, says all that is due; returns when the next is. */
static uint64_t pass(uint64_t until, uint64_t due, uint64_t step)
{
	for (uint64_t moment; (moment = now()) < until;) {
		due = say_due(moment, due, step);
		clock_set(step && due < until ? due : until);
		connections_turn(-1);
	}
	clock_set(0);
	return say_due(until, due, step);
}

/* Says all that is due, however late: what is planned is never skipped. */
static uint64_t say_due(uint64_t moment, uint64_t due, uint64_t step)
{
	static unsigned turn;
	for (; step && due <= moment; due += step)
		say(all.senders[turn++ % all.sender_count], due);
	return due;
}

/* The counts at this moment, which is told, so that others can take theirs. */
static mark take_mark(const char *event)
{
	printf("{\"event\": \"%s\"}\n", event);
	fflush(stdout);
	return (mark){.moment = now(),
	              .sent = all.sent,
	              .deliveries = run.deliveries,
	              .frames = net.frames,
	              .reads = net.reads,
	              .bytes = net.bytes,
	              .cpu = own_cpu()};
}
