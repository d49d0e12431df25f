/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netnode's inside: what its files share.
 *
 * Locks, outermost first:
 *   RTNL		which interface has which node; only the notifier adds, moves and removes
 *   netnode_file.lock	the line that one open file is reading
 *   netnode.lock	what a node says, who waits for it; short, never slept under
 *
 * No file operation and no attribute in /sys takes RTNL: a reader never waits for the network's
 * configuration, nor it for a reader (a device that is removed waits for its attributes, and here
 * that is under RTNL). And no node holds its interface: everything that is asked of it is copied
 * when the notifier hears of it, so unregister_netdevice() has nobody here to wait for.
 */
#ifndef NETNODE_NODE_H
#define NETNODE_NODE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "netnode.h"

/**
 * struct netnode - an interface's character device
 * @dev: lives as long as anybody holds it, an open file included (through @cdev)
 * @cdev: what open() finds
 * @hash: in the table of nodes by interface; under RTNL
 * @netdev: the interface, to compare with only; under RTNL
 * @minor: given back when the node is freed, so never before its last file is closed
 * @address: the permanent hardware address, @address_len bytes of it; 0 if there is none
 * @address_len: see @address
 * @lock: protects all below
 * @net: the interface's namespace; it cannot die before the notifier has put another one here,
 *	or NULL when the interface is gone
 * @info: what readers get
 * @wait: those in poll
 */
struct netnode {
	struct device dev;
	struct cdev cdev;
	struct hlist_node hash;
	struct net_device *netdev;
	int minor;
	u8 address[MAX_ADDR_LEN];
	u8 address_len;

	spinlock_t lock;
	struct net *net;
	struct netnode_info info;
	wait_queue_head_t wait;
};

static inline struct netnode *to_netnode(const struct device *dev)
{
	return container_of(dev, struct netnode, dev);
}

/* class.c */
extern struct class netnode_class;

/* node.c; all but netnode_nodes_start() and netnode_nodes_end() under RTNL */
int netnode_nodes_start(unsigned int minors);
void netnode_nodes_end(void);
struct netnode *netnode_find(struct net_device *netdev);
int netnode_add(struct net_device *netdev);
void netnode_renamed(struct netnode *node);
void netnode_leaves(struct netnode *node);
void netnode_arrives(struct netnode *node);
void netnode_remove(struct netnode *node);

/* file.c */
extern const struct file_operations netnode_fops;
extern atomic_long_t netnode_files_opened, netnode_files_closed;

#endif
