#include "histogram.h"

#include <string.h>

enum { FINE_BITS = 6, FINE = 1 << FINE_BITS };

static unsigned bucket(uint64_t value)
{
	if (value < FINE)
		return (unsigned)value;
	unsigned shift = 63u - (unsigned)__builtin_clzll(value) - FINE_BITS;
	return (shift + 1) * FINE + (unsigned)((value >> shift) - FINE);
}

static double middle(unsigned bucket)
{
	if (bucket < FINE)
		return bucket;
	unsigned shift = bucket / FINE - 1;
	return ((double)(bucket % FINE) + FINE + 0.5) * (double)(1ull << shift);
}

void histogram_clear(histogram *h)
{
	memset(h, 0, sizeof *h);
}

void histogram_add(histogram *h, uint64_t nanoseconds)
{
	h->counts[bucket(nanoseconds)]++;
	h->total++;
}

double histogram_quantile(const histogram *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->total);
	uint64_t passed = 0;
	for (unsigned i = 0; h->total && i < HISTOGRAM_BUCKETS; i++) {
		passed += h->counts[i];
		if (passed > wanted || passed == h->total)
			return middle(i) / 1e6;
	}
	return 0;
}
