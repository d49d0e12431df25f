// SPDX-License-Identifier: GPL-2.0-only
/*
 * netnode: the nodes themselves - minor numbers, uevents, what a node says of its interface.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hashtable.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "node.h"

#define TABLE_BITS 8

static DEFINE_HASHTABLE(netnode_table, TABLE_BITS);	/* by interface; under RTNL */
static DEFINE_IDA(netnode_minors);
static unsigned int netnode_minor_count;
static dev_t netnode_first;

static long netnode_made, netnode_freed;
static DEFINE_SPINLOCK(netnode_count_lock);		/* protects these two */
static DECLARE_WAIT_QUEUE_HEAD(netnode_all_freed);

/*
 * The last one lets the module be freed. The lock is held over the wake-up, so that who waits under
 * it goes on when this is over but for its return. Files that are open hold the module themselves;
 * this is for those who hold the device alone, a walk in /sys, or a uevent.
 */
static void netnode_release(struct device *dev)
{
	struct netnode *node = to_netnode(dev);
	unsigned long flags;

	ida_free(&netnode_minors, node->minor);
	kfree(node);
	spin_lock_irqsave(&netnode_count_lock, flags);
	netnode_freed++;
	wake_up(&netnode_all_freed);
	spin_unlock_irqrestore(&netnode_count_lock, flags);
}

/* Take over what the interface says now. Readers are woken where something differs. */
static bool netnode_take(struct netnode *node)
{
	struct net_device *netdev = node->netdev;
	struct net *net = dev_net(netdev);
	struct netnode_info info = {};
	bool changed;

	ASSERT_RTNL();
	strscpy(info.name, netdev->name, sizeof(info.name));
	info.ifindex = netdev->ifindex;
	info.netns_inode = net->ns.inum;
	info.netns_cookie = net->net_cookie;

	spin_lock(&node->lock);
	info.generation = node->info.generation;
	changed = memcmp(&info, &node->info, sizeof(info));
	if (changed) {
		info.generation++;
		node->info = info;
	}
	WRITE_ONCE(node->net, net);
	spin_unlock(&node->lock);
	if (changed)
		wake_up_interruptible_all(&node->wait);
	return changed;
}

struct netnode *netnode_find(struct net_device *netdev)
{
	struct netnode *node;

	ASSERT_RTNL();
	hash_for_each_possible(netnode_table, node, hash, (unsigned long)netdev)
		if (node->netdev == netdev)
			return node;
	return NULL;
}

static struct netnode *netnode_alloc(struct net_device *netdev)
{
	struct netnode *node = kzalloc(sizeof(*node), GFP_KERNEL);
	int minor;

	if (!node)
		return ERR_PTR(-ENOMEM);
	minor = ida_alloc_max(&netnode_minors, netnode_minor_count - 1, GFP_KERNEL);
	if (minor < 0) {
		kfree(node);
		return ERR_PTR(minor);
	}
	node->minor = minor;
	node->netdev = netdev;
	spin_lock_init(&node->lock);
	init_waitqueue_head(&node->wait);
	if (memchr_inv(netdev->perm_addr, 0, netdev->addr_len)) {
		node->address_len = netdev->addr_len;
		memcpy(node->address, netdev->perm_addr, netdev->addr_len);
	}
	netnode_take(node);

	device_initialize(&node->dev);
	spin_lock_irq(&netnode_count_lock);
	netnode_made++;
	spin_unlock_irq(&netnode_count_lock);
	node->dev.class = &netnode_class;
	node->dev.parent = netdev->dev.parent;	/* the hardware; NULL for a virtual interface */
	node->dev.devt = MKDEV(MAJOR(netnode_first), minor);
	node->dev.release = netnode_release;
	cdev_init(&node->cdev, &netnode_fops);
	node->cdev.owner = THIS_MODULE;		/* an open file holds the module */
	return node;
}

/* There is no interface any more. Open files stay and say so; the last to close frees the node. */
static void netnode_gone(struct netnode *node)
{
	node->netdev = NULL;
	spin_lock(&node->lock);
	WRITE_ONCE(node->net, NULL);
	spin_unlock(&node->lock);
	wake_up_interruptible_all(&node->wait);
	put_device(&node->dev);
}

/* A new interface. It must not fail because of us: the caller only reports what this returns. */
int netnode_add(struct net_device *netdev)
{
	struct netnode *node = netnode_alloc(netdev);
	int err;

	if (IS_ERR(node))
		return PTR_ERR(node);
	err = dev_set_name(&node->dev, "netnode%d", node->minor);
	if (!err)
		err = cdev_device_add(&node->cdev, &node->dev);
	if (err) {		/* maybe after somebody has opened it: see cdev_device_add() */
		netnode_gone(node);
		return err;
	}
	hash_add(netnode_table, &node->hash, (unsigned long)netdev);
	return 0;
}

void netnode_renamed(struct netnode *node)
{
	char old[sizeof("INTERFACE_OLD=") + IFNAMSIZ];
	char *envp[] = { old, NULL };

	scnprintf(old, sizeof(old), "INTERFACE_OLD=%s", node->info.name);
	if (netnode_take(node))
		kobject_uevent_env(&node->dev.kobj, KOBJ_CHANGE, envp);
}

/* The interface is on its way to another namespace: it is gone from the one it was in. */
void netnode_leaves(struct netnode *node)
{
	kobject_uevent(&node->dev.kobj, KOBJ_REMOVE);
}

/* It has come there, maybe with another name and index. Node and minor stay what they were. */
void netnode_arrives(struct netnode *node)
{
	int err;

	netnode_take(node);
	/* Entries in sysfs bear the tag of a namespace, which device_rename() sets anew */
	err = device_rename(&node->dev, dev_name(&node->dev));
	if (err)
		pr_warn("%s: its entries in sysfs stay in the old namespace (%d)\n",
			dev_name(&node->dev), err);
	kobject_uevent(&node->dev.kobj, KOBJ_ADD);
}

/* The interface goes for good. */
void netnode_remove(struct netnode *node)
{
	ASSERT_RTNL();
	hash_del(&node->hash);
	cdev_device_del(&node->cdev, &node->dev);	/* its uevent still has all of @info */
	netnode_gone(node);
}

int netnode_nodes_start(unsigned int minors)
{
	int err;

	if (!minors || minors > 1U << MINORBITS) {
		pr_err("minors=%u: give 1 to %u\n", minors, 1U << MINORBITS);
		return -EINVAL;
	}
	netnode_minor_count = minors;
	err = class_register(&netnode_class);
	if (err)
		return err;
	err = alloc_chrdev_region(&netnode_first, 0, minors, "netnode");
	if (err)
		class_unregister(&netnode_class);
	return err;
}

void netnode_nodes_end(void)
{
	WARN_ON(!hash_empty(netnode_table));
	/*
	 * Somebody may still hold a device, which needs netnode_release() in the end. No signal
	 * ends this: the module is freed when we return, also one whose load has failed.
	 */
	spin_lock_irq(&netnode_count_lock);
	wait_event_lock_irq(netnode_all_freed, netnode_made == netnode_freed, netnode_count_lock);
	spin_unlock_irq(&netnode_count_lock);
	unregister_chrdev_region(netnode_first, netnode_minor_count);
	class_unregister(&netnode_class);
	ida_destroy(&netnode_minors);
	pr_info("%ld nodes made, %ld freed; %ld files opened, %ld closed\n",
		netnode_made, netnode_freed, atomic_long_read(&netnode_files_opened),
		atomic_long_read(&netnode_files_closed));
}
