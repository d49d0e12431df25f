/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What a program needs to ask a character device of netnode, beside read and poll (see README.md).
 */
#ifndef NETNODE_H
#define NETNODE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define NETNODE_NAME_SIZE 16	/* IFNAMSIZ, the zero at the end included */
#define NETNODE_LINE_MAX 32	/* a buffer for the longest line that read gives, and a zero */

/**
 * struct netnode_info - all that a node knows, of one moment
 * @name: the interface's name in its own network namespace
 * @ifindex: its index there; another interface of another namespace may have the same
 * @netns_inode: that namespace, as stat("/proc/PID/ns/net") has it in st_ino
 * @netns_cookie: the same, never given again to a later one (SO_NETNS_COOKIE)
 * @generation: 1 when the interface appears, one more with each change of any of the above
 */
struct netnode_info {
	char name[NETNODE_NAME_SIZE];
	__u32 ifindex;
	__u32 netns_inode;
	__aligned_u64 netns_cookie;
	__aligned_u64 generation;
};

/*
 * Of 'N' Documentation/userspace-api/ioctl/ioctl-number.rst gives 00-1F, 40-7F and 80-8F to others;
 * NVMe's commands for io_uring have 80-83 too.
 */
#define NETNODE_GET_INFO _IOR('N', 0x90, struct netnode_info)	/* counts as reading the line */
#define NETNODE_GET_IFINDEX _IOR('N', 0x91, __u32)
#define NETNODE_GET_NAME _IOR('N', 0x92, char[NETNODE_NAME_SIZE])

#endif
