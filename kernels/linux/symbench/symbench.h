/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbench - look names up in the running kernel's own tables of exports
 *
 * tables.c finds the tables, searches.c searches them, queries.c takes the
 * names, answers.c asks for every one and tells the answers, main.c has the
 * other files of debugfs.
 */
#ifndef _SYMBENCH_H
#define _SYMBENCH_H

#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/types.h>

#define FORMAT		1		/* of the files; a reader refuses another */
#define PARTS		2		/* __ksymtab, __ksymtab_gpl */

/*
 * One export: the kernel's own struct kernel_symbol, which left
 * <linux/export.h> in newer kernels.
 */
struct export_entry {
#ifdef CONFIG_HAVE_ARCH_PREL32_RELOCATIONS
	int value_offset;
	int name_offset;
	int namespace_offset;
#else
	unsigned long value;
	const char *name;
	const char *namespace;
#endif
};

/* One sorted table; its first entry is number @base of all. */
struct export_table {
	const char *name;
	const struct export_entry *first;
	u32 count;
	u32 base;
};

extern struct export_table tables[PARTS];
extern u32 total;		/* entries of all tables */
extern s32 *slots;		/* hash table: entries, or -1 */
extern u32 slots_mask;
extern u32 *levels;		/* Eytzinger: entries, one tree a table */

/* kallsyms_lookup_name() left the list of exports in 5.7. */
extern unsigned long (*lookup_name)(const char *name);

static inline const char *entry_name(const struct export_entry *entry)
{
#ifdef CONFIG_HAVE_ARCH_PREL32_RELOCATIONS
	return offset_to_ptr(&entry->name_offset);
#else
	return entry->name;
#endif
}

static inline unsigned long entry_address(const struct export_entry *entry)
{
#ifdef CONFIG_HAVE_ARCH_PREL32_RELOCATIONS
	return (unsigned long)offset_to_ptr(&entry->value_offset);
#else
	return entry->value;
#endif
}

static __always_inline const struct export_entry *entry_at(u32 number)
{
	const struct export_table *table = &tables[number >= tables[1].base];

	return &table->first[number - table->base];
}

int prepare_tables(void);
void free_tables(void);
bool tables_sorted(void);
u32 gnu_hash(const char *name);

/* What one search compares. */
struct tally {
	u32 comparisons;
	u32 bytes;
};

/*
 * @timed is what is timed. @counted is the same search with a tally, NULL
 * where the search is the kernel's own code; that returns an address.
 * @put gives back what was found. @gpl_only: __symbol_get() refuses other
 * names since 6.6 (and in stable kernels), with a line in the log for each.
 */
struct method {
	const char *name;
	unsigned long (*timed)(const char *name);
	unsigned long (*counted)(const char *name, struct tally *tally);
	void (*put)(const char *name);
	bool gpl_only;
};

extern const struct method methods[];
extern const u32 methods_count;
extern const struct method method_nothing;	/* what a lookup costs that looks nowhere */
unsigned long find_entry(const char *name);	/* number of the entry plus 1, or 0 */

extern const struct file_operations run_fops;	/* i_private is the method */
extern const struct file_operations queries_fops;
unsigned int timed_rounds(void);
int hold_queries(const char **names, u32 *count);
void release_queries(void);
int prepare_queries(void);
void free_queries(void);

#endif
