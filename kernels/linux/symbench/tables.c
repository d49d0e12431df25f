// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own tables of exports: where they are, and what is kept beside
 * them for the searches that need more than order.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#endif

#include "symbench.h"

#define ENTRIES_MAX	(1 << 20)	/* more than any kernel exports */
#define ENDBR64	0xfa1e0ff3	/* the instruction, as a little-endian number */

struct export_table tables[PARTS] = {
	{ .name = "ksymtab" },
	{ .name = "ksymtab_gpl" },
};

u32 total;
s32 *slots;
u32 slots_mask;
u32 *levels;
unsigned long (*lookup_name)(const char *name);

/* The hash of ELF's DT_GNU_HASH: h = 33 h + byte, from 5381. */
u32 gnu_hash(const char *name)
{
	const unsigned char *byte;
	u32 value = 5381;

	for (byte = name; *byte; byte++)
		value = value * 33 + *byte;
	return value;
}

static int build_hash(void)
{
	u32 entry, slot;

	slots_mask = roundup_pow_of_two(2 * total) - 1;
	slots = kvmalloc_array(slots_mask + 1, sizeof(*slots), GFP_KERNEL);
	if (!slots)
		return -ENOMEM;
	memset32((u32 *)slots, -1, slots_mask + 1);
	for (entry = 0; entry < total; entry++) {
		slot = gnu_hash(entry_name(entry_at(entry))) & slots_mask;
		while (slots[slot] >= 0)
			slot = (slot + 1) & slots_mask;
		slots[slot] = entry;
	}
	return 0;
}

/* The place that follows @place in the order of names, in a tree of @size. */
static u32 following(u32 place, u32 size)
{
	if (2 * place + 2 < size) {
		for (place = 2 * place + 2; 2 * place + 1 < size; place = 2 * place + 1)
			;
		return place;
	}
	while (place && place % 2 == 0)		/* up from right children */
		place = (place - 1) / 2;
	return place ? (place - 1) / 2 : 0;
}

static int build_levels(void)
{
	const struct export_table *table;
	u32 place, rank;

	levels = kvmalloc_array(total, sizeof(*levels), GFP_KERNEL);
	if (!levels)
		return -ENOMEM;
	for (table = tables; table < tables + PARTS; table++) {
		for (place = 0; 2 * place + 1 < table->count; place = 2 * place + 1)
			;
		for (rank = 0; rank < table->count; rank++) {
			levels[table->base + place] = table->base + rank;
			place = following(place, table->count);
		}
	}
	return 0;
}

/*
 * Where a function that a probe was put on begins: the probe is placed behind
 * the instruction that an indirect call has to meet (CONFIG_X86_KERNEL_IBT).
 */
static void *function_start(void *address)
{
	char text[KSYM_SYMBOL_LEN], *offset;
	unsigned long into;

	sprint_symbol(text, (unsigned long)address);
	offset = strchr(text, '+');
	if (!offset || sscanf(offset, "+%lx/", &into) != 1)
		return address;
	return address - into;
}

/*
 * Whether a function may be called by a pointer that the kernel itself does not have. Where the
 * processor enforces ENDBR, apply_seal_endbr() has taken it from functions whose address no code of
 * the kernel takes, and the call would be a #CP. kCFI, and FineIBT with it, has a hash to meet.
 */
static bool callable(const void *function)
{
	if (IS_ENABLED(CONFIG_CFI_CLANG) || IS_ENABLED(CONFIG_CFI))
		return false;
#ifdef CONFIG_X86_KERNEL_IBT
	return !cpu_feature_enabled(X86_FEATURE_IBT) || *(const u32 *)function == ENDBR64;
#else
	return true;
#endif
}

static int find_lookup_name(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	void *function;
	int error = register_kprobe(&probe);

	if (error) {
		pr_err("no probe on kallsyms_lookup_name: %d\n", error);
		return error;
	}
	function = function_start(probe.addr);
	unregister_kprobe(&probe);
	if (!callable(function)) {
		pr_err("this kernel lets no module call kallsyms_lookup_name (IBT or CFI)\n");
		return -EOPNOTSUPP;
	}
	lookup_name = function;
	return 0;
}

static int find_table(struct export_table *table)
{
	char start[32], stop[32];
	const struct export_entry *end;

	snprintf(start, sizeof(start), "__start___%s", table->name);
	snprintf(stop, sizeof(stop), "__stop___%s", table->name);
	table->first = (const struct export_entry *)lookup_name(start);
	end = (const struct export_entry *)lookup_name(stop);
	if (!table->first || end < table->first || end - table->first > ENTRIES_MAX) {
		pr_err("no table __%s in kallsyms (needs CONFIG_KALLSYMS_ALL)\n", table->name);
		return -ENOENT;
	}
	table->count = end - table->first;
	table->base = total;
	total += table->count;
	return 0;
}

static bool sorted(const struct export_table *table)
{
	u32 i;

	for (i = 1; i < table->count; i++)
		if (strcmp(entry_name(&table->first[i - 1]), entry_name(&table->first[i])) >= 0)
			return false;
	return true;
}

bool tables_sorted(void)
{
	return sorted(&tables[0]) && sorted(&tables[1]);
}

/* Finds the tables and builds what is beside them; free_tables() undoes it, also after an error. */
int prepare_tables(void)
{
	int error = find_lookup_name();
	u32 part;

	for (part = 0; part < PARTS && !error; part++)
		error = find_table(&tables[part]);
	if (!error && !total)
		error = -ENOENT;
	if (!error)
		error = build_hash();
	if (!error)
		error = build_levels();
	return error;
}

void free_tables(void)
{
	kvfree(levels);
	kvfree(slots);
}
