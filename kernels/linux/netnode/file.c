// SPDX-License-Identifier: GPL-2.0-only
/*
 * netnode: open, read, poll and ioctl of a node.
 */
#include <linux/capability.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include "node.h"

/**
 * struct netnode_file - an open file
 * @node: the cdev of an open file holds it
 * @opener: cookie of the network namespace in which it was opened
 * @lock: protects @line, @length and @line_generation
 * @line: what is being read, whole, so that short reads cannot mix two states
 * @length: of @line, 0 before the first read
 * @line_generation: of which state @line tells
 * @seen: the last state read to its end, 0 if none; under the node's lock
 * @known: the same, but the state at open if none; under the node's lock
 */
struct netnode_file {
	struct netnode *node;
	u64 opener;
	struct mutex lock;
	char line[NETNODE_LINE_MAX];
	size_t length;
	u64 line_generation;
	u64 seen;
	u64 known;
};

atomic_long_t netnode_files_opened, netnode_files_closed;

/*
 * What the node says now. It says it to files that were opened in the interface's own namespace,
 * or by who had CAP_NET_ADMIN over it. Both are asked each time, for the interface may have moved
 * since the file was opened, and of the opener, for a file may be passed on.
 */
static int netnode_ask(struct file *file, struct netnode_info *info)
{
	struct netnode_file *nf = file->private_data;
	struct netnode *node = nf->node;
	int err = 0;

	spin_lock(&node->lock);
	if (!node->net)
		err = -ENODEV;
	else if (node->info.netns_cookie != nf->opener &&
		 !file_ns_capable(file, node->net->user_ns, CAP_NET_ADMIN))
		err = -EACCES;
	else
		*info = node->info;
	spin_unlock(&node->lock);
	return err;
}

static void netnode_saw(struct netnode_file *nf, u64 generation)
{
	spin_lock(&nf->node->lock);
	nf->seen = generation;
	nf->known = generation;
	spin_unlock(&nf->node->lock);
}

static int netnode_open(struct inode *inode, struct file *file)
{
	struct netnode_file *nf = kzalloc(sizeof(*nf), GFP_KERNEL);
	struct netnode_info info;
	int err;

	if (!nf)
		return -ENOMEM;
	nf->node = container_of(inode->i_cdev, struct netnode, cdev);
	nf->opener = current->nsproxy->net_ns->net_cookie;
	mutex_init(&nf->lock);
	file->private_data = nf;
	err = netnode_ask(file, &info);
	if (err) {
		kfree(nf);
		return err;
	}
	nf->known = info.generation;
	atomic_long_inc(&netnode_files_opened);
	return 0;
}

static int netnode_close(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	atomic_long_inc(&netnode_files_closed);
	return 0;
}

/* Begin a line at offset 0, and at the end of the last one if there is something new to say. */
static ssize_t netnode_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct netnode_file *nf = file->private_data;
	struct netnode_info info;
	ssize_t got;

	if (mutex_lock_interruptible(&nf->lock))
		return -ERESTARTSYS;
	got = netnode_ask(file, &info);
	if (got)
		goto out;
	if (*pos == 0 || (*pos >= nf->length && info.generation != nf->line_generation)) {
		nf->length = scnprintf(nf->line, sizeof(nf->line), "%u %s\n",
				       info.ifindex, info.name);
		nf->line_generation = info.generation;
		*pos = 0;
	}
	got = simple_read_from_buffer(buf, count, pos, nf->line, nf->length);
	if (got > 0 && *pos >= nf->length)
		netnode_saw(nf, nf->line_generation);
out:
	mutex_unlock(&nf->lock);
	return got;
}

static loff_t netnode_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, NETNODE_LINE_MAX);
}

static __poll_t netnode_poll(struct file *file, poll_table *wait)
{
	struct netnode_file *nf = file->private_data;
	struct netnode_info info;
	__poll_t mask = 0;
	int err;

	poll_wait(file, &nf->node->wait, wait);
	err = netnode_ask(file, &info);
	if (err == -ENODEV)
		return EPOLLHUP | EPOLLERR;
	if (err)
		return EPOLLERR;
	spin_lock(&nf->node->lock);
	if (nf->seen != info.generation)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (nf->known != info.generation)
		mask |= EPOLLPRI;
	spin_unlock(&nf->node->lock);
	return mask;
}

static long netnode_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct netnode_file *nf = file->private_data;
	void __user *to = (void __user *)arg;
	struct netnode_info info;
	int err;

	err = netnode_ask(file, &info);
	if (err)
		return err;
	switch (cmd) {
	case NETNODE_GET_INFO:
		if (copy_to_user(to, &info, sizeof(info)))
			return -EFAULT;
		netnode_saw(nf, info.generation);
		return 0;
	case NETNODE_GET_IFINDEX:
		return put_user(info.ifindex, (__u32 __user *)to);
	case NETNODE_GET_NAME:
		return copy_to_user(to, info.name, sizeof(info.name)) ? -EFAULT : 0;
	}
	return -ENOTTY;
}

const struct file_operations netnode_fops = {
	.owner = THIS_MODULE,
	.open = netnode_open,
	.release = netnode_close,
	.read = netnode_read,
	.llseek = netnode_llseek,
	.poll = netnode_poll,
	.unlocked_ioctl = netnode_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
