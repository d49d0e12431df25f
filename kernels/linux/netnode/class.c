// SPDX-License-Identifier: GPL-2.0-only
/*
 * netnode: class netnode - what /sys, devtmpfs and udev see of a node.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/version.h>
#include <net/net_namespace.h>

#include "node.h"

/* struct class has its callbacks take a const struct device since 6.2 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define CLASS_CONST const
#else
#define CLASS_CONST
#endif

static struct netnode_info netnode_state(struct netnode *node)
{
	struct netnode_info info;

	spin_lock(&node->lock);
	info = node->info;
	spin_unlock(&node->lock);
	return info;
}

static ssize_t ifindex_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", netnode_state(to_netnode(dev)).ifindex);
}
static DEVICE_ATTR_RO(ifindex);

static ssize_t interface_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", netnode_state(to_netnode(dev)).name);
}
static DEVICE_ATTR_RO(interface);

/* Empty for an interface that has no permanent address, as most virtual ones */
static ssize_t address_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct netnode *node = to_netnode(dev);

	return sysfs_emit(buf, "%*phC\n", node->address_len, node->address);
}
static DEVICE_ATTR_RO(address);

static struct attribute *netnode_attrs[] = {
	&dev_attr_ifindex.attr,
	&dev_attr_interface.attr,
	&dev_attr_address.attr,
	NULL,
};
ATTRIBUTE_GROUPS(netnode);

/*
 * A node has no other place to move to: "move" is what device_rename() says when netnode_arrives()
 * has it set the namespace anew, and udev there shall hear "add" only. The action comes first in
 * @env (kobject_uevent_env()); there is none when /sys/.../uevent is read.
 */
static bool netnode_moves(const struct kobj_uevent_env *env)
{
	return env->envp_idx && !strcmp(env->envp[0], "ACTION=move");
}

static int netnode_uevent(CLASS_CONST struct device *dev, struct kobj_uevent_env *env)
{
	struct netnode_info info = netnode_state(to_netnode(dev));

	if (netnode_moves(env))
		return -EOPNOTSUPP;
	if (add_uevent_var(env, "INTERFACE=%s", info.name) ||
	    add_uevent_var(env, "IFINDEX=%u", info.ifindex) ||
	    add_uevent_var(env, "NETNS_INODE=%u", info.netns_inode))
		return -ENOMEM;
	return 0;
}

static char *netnode_devnode(CLASS_CONST struct device *dev, umode_t *mode)
{
	/* Who may ask is decided at open and at each question, by namespace */
	if (mode)
		*mode = 0444;
	return kasprintf(GFP_KERNEL, "netnode/%d", to_netnode(dev)->minor);
}

/*
 * The tag by which sysfs and uevents keep namespaces apart, NULL only when there is no entry in
 * sysfs any more. As in class net, it is good for as long as the interface is in that namespace.
 */
static const void *netnode_namespace(CLASS_CONST struct device *dev)
{
	return READ_ONCE(to_netnode(dev)->net);
}

struct class netnode_class = {
	.name = "netnode",
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
	.owner = THIS_MODULE,
#endif
	.dev_groups = netnode_groups,
	.dev_uevent = netnode_uevent,
	.devnode = netnode_devnode,
	.ns_type = &net_ns_type_operations,
	.namespace = netnode_namespace,
};
