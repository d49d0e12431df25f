// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names that are asked for: what is written to "queries", one a line. What
 * is written between open and close replaces what was there.
 */
#include <linux/ctype.h>
#include <linux/kallsyms.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "symbench.h"

#define QUERIES_MAX	(1 << 20)	/* bytes of all names, each with its end */

/* The names, each ended by NUL, end to end. */
struct text {
	struct mutex lock;	/* of those that write through one open file */
	u32 used;
	u32 count;
	u32 open;	/* bytes of a name whose end has not come yet */
	bool refused;	/* a write failed: the names before stay */
	char bytes[QUERIES_MAX];
};

static DEFINE_MUTEX(queries_lock);	/* protects what queries points to */
static struct text *queries;

static int queries_open(struct inode *inode, struct file *file)
{
	struct text *text = kvzalloc(sizeof(*text), GFP_KERNEL);

	if (!text)
		return -ENOMEM;
	mutex_init(&text->lock);
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

/* Called with the text's lock held. */
static int text_add_from(struct text *text, const char __user *from, size_t size)
{
	char piece[256];
	size_t i, done, some;
	int error;

	for (done = 0; done < size; done += some) {
		some = min(size - done, sizeof(piece));
		if (copy_from_user(piece, from + done, some))
			return -EFAULT;
		for (i = 0; i < some; i++) {
			error = text_add(text, piece[i]);
			if (error)
				return error;
		}
	}
	return 0;
}

static ssize_t queries_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct text *text = file->private_data;
	int error;

	error = mutex_lock_interruptible(&text->lock);
	if (error)
		return error;
	error = text_add_from(text, from, size);
	if (error)
		text->refused = true;
	mutex_unlock(&text->lock);
	return error ? error : size;
}

/* The last holder of the file closes it, so nobody writes any more. */
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

/**
 * hold_queries - no other names come until release_queries()
 * @names: the first of them; each is ended by NUL, the next one follows
 * @count: how many there are
 *
 * Return: 0, or -EINTR: a signal came first, and nothing is held.
 */
int hold_queries(const char **names, u32 *count)
{
	int error = mutex_lock_interruptible(&queries_lock);

	if (error)
		return error;
	*names = queries->bytes;
	*count = queries->count;
	return 0;
}

void release_queries(void)
{
	mutex_unlock(&queries_lock);
}

int prepare_queries(void)
{
	queries = kvzalloc(sizeof(*queries), GFP_KERNEL);
	return queries ? 0 : -ENOMEM;
}

void free_queries(void)
{
	kvfree(queries);
}
