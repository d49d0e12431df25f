// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answers: a file of debugfs for each way of searching. Opening it looks up
 * every name of queries.c, reading it tells, name by name, what was compared,
 * what was found and how many ticks of the time stamp counter that took.
 * README.md describes the lines.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timex.h>

#include "symbench.h"

#define ROUNDS_MAX	1000U
#define OVERHEAD_ROUNDS	64		/* of an empty lookup: an emulator translates the first */

static unsigned int rounds = 1;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "times each lookup is timed, 1 to 1000; the least is told (default 1)");

unsigned int timed_rounds(void)
{
	return clamp(rounds, 1U, ROUNDS_MAX);
}

/* The answer to one name; @entry is -1 for none, or one of these. */
#define OTHER_ADDRESS	-2	/* an address that is not the export's */
#define NOT_ASKED	-3	/* the method takes no such name */

struct answer {
	struct tally tally;
	s32 entry;
	u64 ticks;
};

/* All of them; a lookup that does nothing takes @overhead ticks. */
struct run {
	const struct method *method;
	u64 overhead;
	u32 count;
	struct answer answers[];
};

/*
 * With interrupts off: they are no part of a lookup. Most take microseconds, but
 * kallsyms reads all names of the kernel before Linux 6.2, which is milliseconds,
 * so between two rounds others have their turn and a signal ends it (EINTR).
 */
static int least_ticks(const struct method *method, const char *name, unsigned int times,
		       unsigned long *found, u64 *least)
{
	unsigned long flags;
	u64 start, ticks;

	*least = U64_MAX;
	while (times--) {
		local_irq_save(flags);
		start = get_cycles();
		*found = method->timed(name);
		ticks = get_cycles() - start;
		local_irq_restore(flags);
		*least = min(*least, ticks);
		if (*found && method->put)
			method->put(name);
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

static int ask(const struct method *method, const char *name, struct answer *answer)
{
	u32 entry = find_entry(name);
	unsigned long found;
	int error;

	if (method->gpl_only && entry && entry - 1 < tables[1].base) {
		answer->entry = NOT_ASKED;
		return 0;
	}
	if (method->counted)
		answer->entry = (s32)method->counted(name, &answer->tally) - 1;
	error = least_ticks(method, name, timed_rounds(), &found, &answer->ticks);
	if (error)
		return error;
	if (method->counted)
		WARN_ON_ONCE((s32)found - 1 != answer->entry);
	else if (!found)
		answer->entry = -1;
	else
		answer->entry = entry && entry_address(entry_at(entry - 1)) == found ?
				(s32)entry - 1 : OTHER_ADDRESS;
	return 0;
}

/* Called between hold_queries() and release_queries(). */
static int perform(struct run *run, const char *name)
{
	unsigned long found;
	int error;
	u32 i;

	error = least_ticks(&method_nothing, "", OVERHEAD_ROUNDS, &found, &run->overhead);
	for (i = 0; i < run->count && !error; i++) {
		error = ask(run->method, name, &run->answers[i]);
		name += strlen(name) + 1;
	}
	return error;
}

static struct run *make_run(const struct method *method)
{
	const char *names;
	struct run *run;
	u32 count;
	int error;

	error = hold_queries(&names, &count);
	if (error)
		return ERR_PTR(error);
	run = kvzalloc(struct_size(run, answers, count), GFP_KERNEL);
	if (run) {
		run->method = method;
		run->count = count;
		error = perform(run, names);
	} else {
		error = -ENOMEM;
	}
	release_queries();
	if (!error)
		return run;
	kvfree(run);
	return ERR_PTR(error);
}

/* One file for each method: opening it is the run, reading it tells the answers. */

static void *run_start(struct seq_file *file, loff_t *pos)
{
	struct run *run = file->private;

	if (!*pos)
		return SEQ_START_TOKEN;
	return *pos <= run->count ? &run->answers[*pos - 1] : NULL;
}

static void *run_next(struct seq_file *file, void *at, loff_t *pos)
{
	++*pos;
	return run_start(file, pos);
}

static void run_stop(struct seq_file *file, void *at)
{
}

static int run_show(struct seq_file *file, void *at)
{
	const struct run *run = file->private;
	const struct answer *answer = at;

	if (at == SEQ_START_TOKEN)
		seq_printf(file, "symbench %d %s lookups %u overhead %llu\n",
			   FORMAT, run->method->name, run->count, run->overhead);
	else if (answer->entry == NOT_ASKED)
		seq_puts(file, "- - - -\n");
	else if (run->method->counted)
		seq_printf(file, "%u %u %d %llu\n", answer->tally.comparisons,
			   answer->tally.bytes, answer->entry, answer->ticks);
	else
		seq_printf(file, "- - %d %llu\n", answer->entry, answer->ticks);
	return 0;
}

static const struct seq_operations run_sops = {
	.start = run_start,
	.next = run_next,
	.stop = run_stop,
	.show = run_show,
};

static int run_open(struct inode *inode, struct file *file)
{
	struct run *run = make_run(inode->i_private);
	int error;

	if (IS_ERR(run))
		return PTR_ERR(run);
	error = seq_open(file, &run_sops);
	if (error)
		kvfree(run);
	else
		((struct seq_file *)file->private_data)->private = run;
	return error;
}

static int run_release(struct inode *inode, struct file *file)
{
	struct seq_file *seq = file->private_data;

	kvfree(seq->private);
	return seq_release(inode, file);
}

const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = run_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = run_release,
};
