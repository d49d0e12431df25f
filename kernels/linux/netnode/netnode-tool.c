// SPDX-License-Identifier: GPL-2.0-only
/*
 * netnode-tool: ask a node by hand, and change the interface behind it. See README.md.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "links.h"
#include "netnode.h"

#define NOBODY 65534

static const char usage[] =
	"netnode-tool [--nobody] COMMAND ...\n"
	"  read NODE [BYTES]   what one read() gives, of at most BYTES bytes\n"
	"  again NODE          what one pread() at offset 0 gives\n"
	"  info NODE           what the ioctls give\n"
	"  poll NODE MS        wait at most MS milliseconds: which events, and after how long\n"
	"  watch NODE MS       read, poll, read again\n"
	"  rename NODE NAME    give the interface another name\n"
	"  move NODE PID       move it into the network namespace of a process\n"
	"  add KIND NAME [PEER]   a new dummy, or a veth and its other end\n"
	"  delete NODE         delete the interface\n"
	"NODE is a path, or fd:N for a file that the shell has open. --nobody: as user 65534,\n"
	"without any capability. Exit status 1 if the kernel refuses; its reason is printed.\n";

/* As the kernel's documents call them; the C library's strerrorname_np() is not in every one */
#define NAMED(error) [error] = #error

static const char *const error_names[] = {
	NAMED(EPERM), NAMED(ENOENT), NAMED(ESRCH), NAMED(EINTR), NAMED(EIO), NAMED(ENXIO),
	NAMED(EBADF), NAMED(EAGAIN), NAMED(ENOMEM), NAMED(EACCES), NAMED(EFAULT), NAMED(EBUSY),
	NAMED(EEXIST), NAMED(ENODEV), NAMED(EINVAL), NAMED(EMFILE), NAMED(ENOTTY), NAMED(ENOSPC),
	NAMED(ERANGE), NAMED(ENAMETOOLONG), NAMED(EPROTO), NAMED(EMSGSIZE), NAMED(EOPNOTSUPP),
};

/* The reason is a result here, not a complaint: scripts read it where they read the answer */
static int refused(const char *what, int error)
{
	const char *name = NULL;

	if (error > 0 && (size_t)error < sizeof(error_names) / sizeof(error_names[0]))
		name = error_names[error];
	if (name)
		printf("%s: %s\n", what, name);
	else
		printf("%s: error %d\n", what, error);
	return 1;
}

static int node_open(const char *path)
{
	if (strncmp(path, "fd:", 3) == 0)
		return atoi(path + 3);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int print_read(int node, size_t size, int again)
{
	char line[NETNODE_LINE_MAX];
	ssize_t got;

	if (size > sizeof(line))
		size = sizeof(line);
	got = again ? pread(node, line, size, 0) : read(node, line, size);
	if (got < 0)
		return refused("read", errno);
	if (!got)
		printf("end\n");
	else
		printf("%.*s%s", (int)got, line, line[got - 1] == '\n' ? "" : "\n");
	return 0;
}

static int print_info(int node)
{
	struct netnode_info info;
	char name[NETNODE_NAME_SIZE];
	__u32 ifindex;

	if (ioctl(node, NETNODE_GET_NAME, name) || ioctl(node, NETNODE_GET_IFINDEX, &ifindex) ||
	    ioctl(node, NETNODE_GET_INFO, &info))
		return refused("ioctl", errno);
	if (strcmp(name, info.name) || ifindex != info.ifindex)	/* changed in between */
		return refused("ioctl", EAGAIN);
	printf("name=%s ifindex=%u netns_inode=%u netns_cookie=%llu generation=%llu\n", info.name,
	       info.ifindex, info.netns_inode, (unsigned long long)info.netns_cookie,
	       (unsigned long long)info.generation);
	return 0;
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int print_poll(int node, int limit)
{
	struct pollfd wait = { .fd = node, .events = POLLIN | POLLPRI };
	long start = milliseconds();

	if (poll(&wait, 1, limit) < 0)
		return refused("poll", errno);
	printf("%s%s%s%s%safter %ld ms\n", wait.revents ? "" : "nothing ",
	       wait.revents & POLLIN ? "IN " : "", wait.revents & POLLPRI ? "PRI " : "",
	       wait.revents & POLLERR ? "ERR " : "", wait.revents & POLLHUP ? "HUP " : "",
	       milliseconds() - start);
	return 0;
}

static int move(int ifindex, const char *pid)
{
	char path[64];
	int netns, result;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return -errno;
	result = link_move(ifindex, netns);
	close(netns);
	return result;
}

static int print_watch(int node, int limit)
{
	return print_read(node, NETNODE_LINE_MAX, 0) || fflush(stdout) || print_poll(node, limit) ||
	       print_read(node, NETNODE_LINE_MAX, 0);
}

/* Commands that change the interface behind @node; @word is the last word of the command line */
static int change(const char *command, int node, const char *word)
{
	__u32 ifindex;
	int result;

	if (ioctl(node, NETNODE_GET_IFINDEX, &ifindex))
		return refused("ioctl", errno);
	if (strcmp(command, "rename") == 0)
		result = link_rename(ifindex, word);
	else if (strcmp(command, "move") == 0)
		result = move(ifindex, word);
	else
		result = link_delete(ifindex);
	return result ? refused(command, -result) : 0;
}

static int become_nobody(void)
{
	return setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY);
}

static int run(int count, char **words)
{
	const char *command = words[0];
	size_t size = count > 2 ? strtoul(words[2], NULL, 10) : NETNODE_LINE_MAX;
	int node, result;

	if (strcmp(command, "add") == 0 && (count == 3 || count == 4)) {
		result = link_add(words[1], words[2], count == 4 ? words[3] : NULL);
		return result ? refused(command, -result) : 0;
	}
	node = node_open(words[1]);
	if (node < 0)
		return refused("open", errno);
	if (strcmp(command, "read") == 0)
		return print_read(node, size, 0);
	if (strcmp(command, "again") == 0)
		return print_read(node, NETNODE_LINE_MAX, 1);
	if (strcmp(command, "info") == 0)
		return print_info(node);
	if (strcmp(command, "poll") == 0 && count == 3)
		return print_poll(node, atoi(words[2]));
	if (strcmp(command, "watch") == 0 && count == 3)
		return print_watch(node, atoi(words[2]));
	if ((strcmp(command, "delete") == 0 && count == 2) ||
	    ((strcmp(command, "rename") == 0 || strcmp(command, "move") == 0) && count == 3))
		return change(command, node, words[2]);
	fputs(usage, stderr);
	return 2;
}

int main(int count, char **words)
{
	if (count > 1 && strcmp(words[1], "--nobody") == 0) {
		if (become_nobody())
			return refused("--nobody", errno);
		count--;
		words++;
	}
	if (count < 3) {
		fputs(usage, stderr);
		return 2;
	}
	return run(count - 1, words + 1);
}
