// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways of searching. What is counted and what is timed are two runs of one
 * inline function: the timed one has no counter in it.
 */
#include <linux/bsearch.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "symbench.h"

/* What strcmp() has to read of each string: up to the first difference, or the end of both. */
static noinline void count(struct tally *tally, const char *a, const char *b)
{
	u32 same = 0;

	while (a[same] && a[same] == b[same])
		same++;
	tally->comparisons++;
	tally->bytes += same + 1;
}

static __always_inline int compare(const char *name, const struct export_entry *entry,
				   struct tally *tally)
{
	if (tally)
		count(tally, name, entry_name(entry));
	return strcmp(name, entry_name(entry));
}

/*
 * The searches. Each returns the entry's number plus 1, or 0; @tally is a
 * constant NULL where the search is timed, and no counting is left of it then.
 */

/* As each_symbol() had it before 3.0. */
static __always_inline unsigned long linear(const char *name, struct tally *tally)
{
	const struct export_table *table;
	u32 i;

	for (table = tables; table < tables + PARTS; table++)
		for (i = 0; i < table->count; i++)
			if (!compare(name, &table->first[i], tally))
				return table->base + i + 1;
	return 0;
}

struct wanted {
	const char *name;
	struct tally *tally;
};

static int compare_name(const void *key, const void *entry)
{
	return compare(key, entry, NULL);
}

static int compare_wanted(const void *key, const void *entry)
{
	const struct wanted *wanted = key;

	return compare(wanted->name, entry, wanted->tally);
}

/* As find_symbol() has it: the kernel's own bsearch(), one table after the other. */
static __always_inline unsigned long binary(const char *name, struct tally *tally)
{
	struct wanted wanted = { name, tally };
	const void *key = tally ? (const void *)&wanted : name;
	cmp_func_t cmp = tally ? compare_wanted : compare_name;
	const struct export_entry *found;
	const struct export_table *table;

	for (table = tables; table < tables + PARTS; table++) {
		found = bsearch(key, table->first, table->count, sizeof(*found), cmp);
		if (found)
			return table->base + (found - table->first) + 1;
	}
	return 0;
}

/* Open addressing, linear probing, at most half full. */
static __always_inline unsigned long hash(const char *name, struct tally *tally)
{
	u32 slot = gnu_hash(name) & slots_mask;

	while (slots[slot] >= 0) {
		if (!compare(name, entry_at(slots[slot]), tally))
			return slots[slot] + 1;
		slot = (slot + 1) & slots_mask;
	}
	return 0;
}

/* The search tree of each table level by level: the children of place k are 2k + 1 and 2k + 2. */
static __always_inline unsigned long eytzinger(const char *name, struct tally *tally)
{
	const struct export_table *table;
	u32 place, entry;
	int order;

	for (table = tables; table < tables + PARTS; table++) {
		for (place = 0; place < table->count; place = 2 * place + 1 + (order > 0)) {
			entry = levels[table->base + place];
			order = compare(name, &table->first[entry - table->base], tally);
			if (!order)
				return entry + 1;
		}
	}
	return 0;
}

#define DEFINE_SEARCH(way)							\
static noinline unsigned long way##_timed(const char *name)			\
{										\
	return way(name, NULL);							\
}										\
static noinline unsigned long way##_counted(const char *name, struct tally *t)	\
{										\
	return way(name, t);							\
}

DEFINE_SEARCH(linear)
DEFINE_SEARCH(binary)
DEFINE_SEARCH(hash)
DEFINE_SEARCH(eytzinger)

unsigned long find_entry(const char *name)
{
	return binary_timed(name);
}

/* The kernel's own way from a name to an address, for the exports that it gives to anybody. */
static noinline unsigned long symbol_get_timed(const char *name)
{
	return (unsigned long)__symbol_get(name);
}

static noinline unsigned long kallsyms_timed(const char *name)
{
	return lookup_name(name);
}

static noinline unsigned long nothing_timed(const char *name)
{
	return 0;
}

const struct method methods[] = {
	{ .name = "linear", .timed = linear_timed, .counted = linear_counted },
	{ .name = "bsearch", .timed = binary_timed, .counted = binary_counted },
	{ .name = "hash", .timed = hash_timed, .counted = hash_counted },
	{ .name = "eytzinger", .timed = eytzinger_timed, .counted = eytzinger_counted },
	{ .name = "symbol_get", .timed = symbol_get_timed, .put = __symbol_put, .gpl_only = true },
	{ .name = "kallsyms", .timed = kallsyms_timed },
};

const u32 methods_count = ARRAY_SIZE(methods);
const struct method method_nothing = { .timed = nothing_timed };
