/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Make, rename, move and delete network interfaces by rtnetlink, for the two programs here.
 * All return 0 or a negative errno.
 */
#ifndef NETNODE_LINKS_H
#define NETNODE_LINKS_H

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is sent, up to @head.nlmsg_len; @error is no part of that: something had no room in it */
struct link_request {
	struct nlmsghdr head;
	struct ifinfomsg info;
	char room[256];
	int error;
};

static inline struct rtattr *link_put(struct link_request *ask, int type, const void *data,
				      size_t size)
{
	size_t used = NLMSG_ALIGN(ask->head.nlmsg_len);
	struct rtattr *attr = (void *)((char *)ask + used);

	if (used + RTA_SPACE(size) > offsetof(struct link_request, error)) {
		ask->error = -EMSGSIZE;
		return (void *)ask->room;	/* link_send() says no, whatever is put there */
	}
	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attr), data, size);
	ask->head.nlmsg_len = used + RTA_ALIGN(attr->rta_len);
	return attr;
}

/* Whatever was put into the request since link_put() gave @attr is inside of it */
static inline void link_close(struct link_request *ask, struct rtattr *attr)
{
	attr->rta_len = (char *)ask + ask->head.nlmsg_len - (char *)attr;
}

static inline void link_begin(struct link_request *ask, int type, int flags, int ifindex)
{
	memset(ask, 0, sizeof(*ask));
	ask->head.nlmsg_len = NLMSG_LENGTH(sizeof(ask->info));
	ask->head.nlmsg_type = type;
	ask->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	ask->info.ifi_index = ifindex;
}

static inline int link_send(struct link_request *ask)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char room[512];
	} answer;
	ssize_t got;
	int result, s;

	if (ask->error)
		return ask->error;
	s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (s < 0)
		return -errno;
	if (send(s, ask, ask->head.nlmsg_len, 0) < 0) {
		result = -errno;
	} else {
		got = recv(s, &answer, sizeof(answer), 0);
		if (got < 0)
			result = -errno;
		else if (got < (ssize_t)NLMSG_LENGTH(sizeof(answer.error)) ||
			 answer.head.nlmsg_type != NLMSG_ERROR)
			result = -EPROTO;
		else
			result = answer.error.error;
	}
	close(s);
	return result;
}

/* A "dummy" called @name, or a "veth" with its other end called @peer */
static inline int link_add(const char *kind, const char *name, const char *peer)
{
	static const struct ifinfomsg any;
	struct rtattr *info, *data, *end;
	struct link_request ask;

	link_begin(&ask, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	link_put(&ask, IFLA_IFNAME, name, strlen(name) + 1);
	info = link_put(&ask, IFLA_LINKINFO, NULL, 0);
	link_put(&ask, IFLA_INFO_KIND, kind, strlen(kind));
	if (peer) {
		data = link_put(&ask, IFLA_INFO_DATA, NULL, 0);
		end = link_put(&ask, VETH_INFO_PEER, &any, sizeof(any));
		link_put(&ask, IFLA_IFNAME, peer, strlen(peer) + 1);
		link_close(&ask, end);
		link_close(&ask, data);
	}
	link_close(&ask, info);
	return link_send(&ask);
}

static inline int link_delete(int ifindex)
{
	struct link_request ask;

	link_begin(&ask, RTM_DELLINK, 0, ifindex);
	return link_send(&ask);
}

/* Into the network namespace of the open file @netns */
static inline int link_move(int ifindex, int netns)
{
	struct link_request ask;

	link_begin(&ask, RTM_NEWLINK, 0, ifindex);
	link_put(&ask, IFLA_NET_NS_FD, &netns, sizeof(netns));
	return link_send(&ask);
}

static inline int link_rename(int ifindex, const char *name)
{
	struct link_request ask;

	link_begin(&ask, RTM_NEWLINK, 0, ifindex);
	link_put(&ask, IFLA_IFNAME, name, strlen(name) + 1);
	return link_send(&ask);
}

#endif
