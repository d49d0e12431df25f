// SPDX-License-Identifier: GPL-2.0-only
/*
 * netnode: a character device for each network interface, which stays the same while the
 * interface's name changes. After a proposal of 2009 (lwn.net/Articles/356900). README.md has
 * the interface; node.h says which lock protects what.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/rtnetlink.h>

#include "node.h"

static unsigned int minors = 1U << MINORBITS;
module_param(minors, uint, 0444);
MODULE_PARM_DESC(minors, "how many interfaces can have a node at a time (default: 1048576)");

static bool netnode_leaving;	/* the module goes, the interfaces do not; under RTNL */
static int netnode_error;	/* of the first node that could not be made; under RTNL */

static void netnode_registered(struct net_device *netdev)
{
	struct netnode *node = netnode_find(netdev);
	int err;

	if (node) {		/* second half of a move, see below */
		netnode_arrives(node);
		return;
	}
	err = netnode_add(netdev);
	if (err) {
		netdev_warn(netdev, "has no netnode (%d)\n", err);
		if (!netnode_error)
			netnode_error = err;
	}
}

/*
 * A move to another namespace unregisters and registers as well, but then the interface is
 * NETREG_REGISTERED all the time (__dev_change_net_namespace() in net/core/dev.c); an interface
 * that goes is NETREG_UNREGISTERING. When a notifier is unregistered all interfaces seem to go
 * from it, and they are NETREG_REGISTERED too: netnode_leaving tells.
 */
static void netnode_unregistered(struct net_device *netdev)
{
	struct netnode *node = netnode_find(netdev);

	if (!node)
		return;
	if (netdev->reg_state == NETREG_REGISTERED && !netnode_leaving)
		netnode_leaves(node);
	else
		netnode_remove(node);
}

/* Under RTNL. No answer of ours may keep an interface from what it does. */
static int netnode_event(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *netdev = netdev_notifier_info_to_dev(info);
	struct netnode *node;

	switch (event) {
	case NETDEV_REGISTER:
		netnode_registered(netdev);
		break;
	case NETDEV_UNREGISTER:
		netnode_unregistered(netdev);
		break;
	case NETDEV_CHANGENAME:
		node = netnode_find(netdev);
		if (node)
			netnode_renamed(node);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block netnode_notifier = {
	.notifier_call = netnode_event,
};

static void netnode_stop(void)
{
	rtnl_lock();
	netnode_leaving = true;
	rtnl_unlock();
	unregister_netdevice_notifier(&netnode_notifier);	/* removes every node */
	netnode_nodes_end();
}

static int __init netnode_init(void)
{
	int err = netnode_nodes_start(minors);

	if (err)
		return err;
	/* Tells of all interfaces that there are, in every namespace, before it returns */
	err = register_netdevice_notifier(&netnode_notifier);
	if (err) {
		netnode_nodes_end();
		return err;
	}
	rtnl_lock();
	err = netnode_error;
	rtnl_unlock();
	if (err)		/* some interface of now has no node: better none at all */
		netnode_stop();
	return err;
}

static void __exit netnode_exit(void)
{
	netnode_stop();
}

module_init(netnode_init);
module_exit(netnode_exit);
MODULE_DESCRIPTION("A character device for each network interface");
MODULE_AUTHOR("Kernel Feature Lab");
MODULE_LICENSE("GPL");
