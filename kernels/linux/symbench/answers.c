// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names that are asked for, and the answers: a file of debugfs for each
 * way of searching. Opening it looks up every name, reading it tells, name by
 * name, what was compared, what was found and how many ticks of the time stamp
 * counter that took. README.md describes the lines.
 */
#include <linux/ctype.h>
#include <linux/kallsyms.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/uaccess.h>

#include "symbench.h"

#define QUERIES_MAX	(1 << 20)	/* bytes of all names, each with its end */
#define ROUNDS_MAX	1000U		/* nothing else runs while one name is timed so often */
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

/* The names, each ended by NUL, end to end. */
struct text {
	u32 used;
	u32 count;
	u32 open;	/* bytes of a name whose end has not come yet */
	bool refused;	/* a write failed: the names before stay */
	char bytes[QUERIES_MAX];
};

static DEFINE_MUTEX(queries_lock);	/* protects what queries points to */
static struct text *queries;

/* With interrupts off: they are no part of a lookup. A linear scan takes well below 1 ms. */
static u64 least_ticks(const struct method *method, const char *name, unsigned int times,
		       unsigned long *found)
{
	u64 start, ticks, least = U64_MAX;
	unsigned long flags;

	while (times--) {
		local_irq_save(flags);
		start = get_cycles();
		*found = method->timed(name);
		ticks = get_cycles() - start;
		local_irq_restore(flags);
		least = min(least, ticks);
		if (*found && method->put)
			method->put(name);
	}
	return least;
}

static void ask(const struct method *method, const char *name, struct answer *answer)
{
	u32 entry = find_entry(name);
	unsigned long found;

	if (method->gpl_only && entry && entry - 1 < tables[1].base) {
		answer->entry = NOT_ASKED;
		return;
	}
	if (method->counted)
		answer->entry = (s32)method->counted(name, &answer->tally) - 1;
	answer->ticks = least_ticks(method, name, timed_rounds(), &found);
	if (method->counted)
		WARN_ON_ONCE((s32)found - 1 != answer->entry);
	else if (!found)
		answer->entry = -1;
	else
		answer->entry = entry && entry_address(entry_at(entry - 1)) == found ?
				(s32)entry - 1 : OTHER_ADDRESS;
}

/* Called with queries_lock held; a linear scan of many names takes seconds, so a signal ends it. */
static struct run *perform(const struct method *method)
{
	const char *name = queries->bytes;
	unsigned long found;
	struct run *run;
	u32 i;

	run = kvzalloc(struct_size(run, answers, queries->count), GFP_KERNEL);
	if (!run)
		return ERR_PTR(-ENOMEM);
	run->method = method;
	run->count = queries->count;
	run->overhead = least_ticks(&method_nothing, "", OVERHEAD_ROUNDS, &found);
	for (i = 0; i < run->count; i++) {
		ask(method, name, &run->answers[i]);
		name += strlen(name) + 1;
		cond_resched();
		if (signal_pending(current)) {
			kvfree(run);
			return ERR_PTR(-EINTR);
		}
	}
	return run;
}

/* "queries": names, one a line; what is written between open and close replaces what was there. */

static int queries_open(struct inode *inode, struct file *file)
{
	struct text *text = kvzalloc(sizeof(*text), GFP_KERNEL);

	if (!text)
		return -ENOMEM;
	file->private_data = text;
	return nonseekable_open(inode, file);
}

static int text_add(struct text *text, char byte)
{
	if (byte == '\n') {
		if (!text->open)
			return -EINVAL;
		text->open = 0;
		text->count++;
		byte = '\0';
	} else {
		/* one byte stays for the end of the last name */
		if (!isgraph(byte) || ++text->open >= KSYM_NAME_LEN)
			return -EINVAL;
		if (text->used == QUERIES_MAX - 1)
			return -EFBIG;
	}
	if (text->used == QUERIES_MAX)
		return -EFBIG;
	text->bytes[text->used++] = byte;
	return 0;
}

static ssize_t queries_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct text *text = file->private_data;
	char piece[256];
	size_t i, done, some;
	int error;

	for (done = 0; done < size; done += some) {
		some = min(size - done, sizeof(piece));
		if (copy_from_user(piece, from + done, some))
			return -EFAULT;
		for (i = 0; i < some; i++) {
			error = text_add(text, piece[i]);
			if (error) {
				text->refused = true;
				return error;
			}
		}
	}
	return size;
}

static int queries_release(struct inode *inode, struct file *file)
{
	struct text *text = file->private_data;

	if (text->open)
		text_add(text, '\n');
	if (!text->refused) {
		mutex_lock(&queries_lock);
		swap(queries, text);
		mutex_unlock(&queries_lock);
	}
	kvfree(text);
	return 0;
}

const struct file_operations queries_fops = {
	.owner = THIS_MODULE,
	.open = queries_open,
	.write = queries_write,
	.release = queries_release,
};

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
	struct run *run;
	int error;

	error = mutex_lock_interruptible(&queries_lock);
	if (error)
		return error;
	run = perform(inode->i_private);
	mutex_unlock(&queries_lock);
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

int prepare_queries(void)
{
	queries = kvzalloc(sizeof(*queries), GFP_KERNEL);
	return queries ? 0 : -ENOMEM;
}

void free_queries(void)
{
	kvfree(queries);
}
