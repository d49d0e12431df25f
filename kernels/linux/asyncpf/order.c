// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of arrival within a batch. Random numbers are those of the lab's page-fault model
 * (lab/pagefault/randomness.py): SplitMix64, a stream for each seed, purpose and task, so that the
 * order can be told in advance.
 */
#include "vmm.h"

#define STEP	0x9e3779b97f4a7c15ull
#define CHOICE	3	/* the purpose; the task is 0 */

static u64 mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

void seed_dice(struct dice *dice, u64 seed)
{
	dice->state = mix(mix(mix(seed) + CHOICE) + 0);
}

/* A whole number from 0 to @n - 1. Both factors are exact: the product is rounded as in the lab. */
u32 throw_dice(struct dice *dice, u32 n)
{
	dice->state += STEP;
	return (u32)((double)(mix(dice->state) >> 11) * 0x1p-53 * n);
}

/**
 * choose - the page of a batch that arrives next
 * @order: of arrival
 * @dice: thrown once for each page if the order is random
 * @left: pages of the batch that have not arrived, at least 1
 *
 * Return: its place among those, counted from 0 in the order in which they were touched.
 */
u32 choose(enum order order, struct dice *dice, u32 left)
{
	switch (order) {
	case LIFO:
		return left - 1;
	case RANDOM:
		return throw_dice(dice, left);
	default:
		return 0;
	}
}
