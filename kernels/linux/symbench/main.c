// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbench - look names up in the running kernel's own tables of exports
 *
 * Loading it finds the tables and makes the files; README.md describes them.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/timex.h>

#include "symbench.h"

/* "table": every export in the order in which the kernel has it, its table before its name. */

static void *table_start(struct seq_file *file, loff_t *pos)
{
	return *pos < total ? (void *)entry_at(*pos) : NULL;
}

static void *table_next(struct seq_file *file, void *at, loff_t *pos)
{
	++*pos;
	return table_start(file, pos);
}

static void table_stop(struct seq_file *file, void *at)
{
}

static int table_show(struct seq_file *file, void *at)
{
	const struct export_entry *entry = at;
	const struct export_table *gpl = &tables[1];

	seq_printf(file, "%s %s\n",
		   tables[entry >= gpl->first && entry < gpl->first + gpl->count].name,
		   entry_name(entry));
	return 0;
}

static const struct seq_operations table_sops = {
	.start = table_start,
	.next = table_next,
	.stop = table_stop,
	.show = table_show,
};

DEFINE_SEQ_ATTRIBUTE(table);

static int about_show(struct seq_file *file, void *unused)
{
	seq_printf(file, "symbench %d\nksymtab %u\nksymtab_gpl %u\nsorted %d\nslots %u\nrounds %u\n",
		   FORMAT, tables[0].count, tables[1].count, tables_sorted(), slots_mask + 1,
		   timed_rounds());
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(about);

static u64 loaded_ticks, loaded_ns;

/* How fast the ticks are. Never the same twice, so it is in no file with counts. */
static int clock_show(struct seq_file *file, void *unused)
{
	u64 ticks = get_cycles() - loaded_ticks;

	seq_printf(file, "ticks %llu ns %llu\n", ticks, ktime_get_ns() - loaded_ns);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(clock);

static struct dentry *folder;

static void free_all(void)
{
	free_queries();
	free_tables();
}

static int make_files(void)
{
	u32 i;

	/* files take the error of a folder that could not be made, so only that is looked at */
	folder = debugfs_create_dir(KBUILD_MODNAME, NULL);
	if (IS_ERR(folder))
		return PTR_ERR(folder);
	debugfs_create_file("about", 0400, folder, NULL, &about_fops);
	debugfs_create_file("clock", 0400, folder, NULL, &clock_fops);
	debugfs_create_file("table", 0400, folder, NULL, &table_fops);
	debugfs_create_file("queries", 0200, folder, NULL, &queries_fops);
	for (i = 0; i < methods_count; i++)
		debugfs_create_file(methods[i].name, 0400, folder, (void *)&methods[i], &run_fops);
	return 0;
}

static int __init symbench_init(void)
{
	int error = prepare_tables();

	loaded_ticks = get_cycles();
	loaded_ns = ktime_get_ns();
	if (!error)
		error = prepare_queries();
	if (!error)
		error = make_files();
	if (error)
		free_all();
	return error;
}

static void __exit symbench_exit(void)
{
	/* waits for readers that are inside; an open file holds the module anyway */
	debugfs_remove(folder);
	free_all();
}

module_init(symbench_init);
module_exit(symbench_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Counts and times lookups of names in the kernel's own tables of exports");
