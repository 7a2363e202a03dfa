#include "config.h"

#include "bench/sample.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const products[] = {
	"coffee-filter-no4", "rain-jacket-green-m", "wall-clock-oak",
	"bike-light-rear",   "oat-biscuits-400g",   "charger-usb-c-30w",
	"garden-shears",     "fountain-pen-blue",
};

const char *sample_orderno(uint64_t i, char *buf)
{
	(void)snprintf(buf, SAMPLE_ORDERNO_BYTES, "OR%011" PRIu64, i);
	return buf;
}

/* The finalizer of splitmix64 (Steele, Lea and Flood, 2014): orders that follow
   each other are of users that do not. */
uint64_t sample_user(uint64_t i, uint64_t users)
{
	uint64_t x = (i + 1) * 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return 1000000 + (x ^ x >> 31) % users;
}

uint64_t sample_amount(uint64_t i)
{
	return 100 + i * 7919 % 19900;
}

uint64_t sample_points(uint64_t i)
{
	return sample_amount(i) / 100;
}

const char *sample_product(uint64_t i)
{
	return products[i % (sizeof(products) / sizeof(products[0]))];
}
