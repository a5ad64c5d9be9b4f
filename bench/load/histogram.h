#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

/* Times in nanoseconds, kept with an error of at most 1.6 %, from 1 ns to more than a century. */
enum { HISTOGRAM_BUCKETS = 64 * 64 };

typedef struct {
	uint64_t counts[HISTOGRAM_BUCKETS];
	uint64_t total;
} histogram;

void histogram_clear(histogram *h);
void histogram_add(histogram *h, uint64_t nanoseconds);

/* The time, in milliseconds, within which this share (0 to 1) of all lie; 0 where there is none. */
double histogram_quantile(const histogram *h, double share);

#endif
