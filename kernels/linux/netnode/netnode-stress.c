// SPDX-License-Identifier: GPL-2.0-only
/*
 * netnode-stress: interfaces come, change name and namespace and go, while others open their nodes,
 * read, poll and close. Every answer must be one that the interface documents.
 *
 * netnode-stress ROUNDS INTERFACES READERS
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "links.h"
#include "netnode.h"

#define FOLDER "/dev/netnode"
#define HELD 16		/* files that a reader has open at a time */

/* Shared by all processes */
static struct {
	atomic_bool stop;
	atomic_long opened, lines, gone, foreign, woken, wrong;
	atomic_long added, renamed, moved, returned, deleted;
} *counts;

static void wrong(const char *what, long value)
{
	atomic_fetch_add(&counts->wrong, 1);
	fprintf(stderr, "netnode-stress: %s %ld\n", what, value);
}

/* One open file: a line, or ENODEV for ever, or EACCES for as long as it is elsewhere */
static bool look(int node)
{
	struct pollfd wait = { .fd = node, .events = POLLIN | POLLPRI };
	char line[NETNODE_LINE_MAX + 1], name[NETNODE_NAME_SIZE];
	struct netnode_info info;
	unsigned int ifindex;
	ssize_t got;

	if (poll(&wait, 1, rand() % 3) > 0)
		atomic_fetch_add(&counts->woken, 1);
	got = pread(node, line, NETNODE_LINE_MAX, 0);
	if (got < 0 && errno == ENODEV) {
		atomic_fetch_add(&counts->gone, 1);
		if (poll(&wait, 1, 0) != 1 || wait.revents != (POLLHUP | POLLERR))
			wrong("poll of a node that is gone gave", wait.revents);
		if (ioctl(node, NETNODE_GET_INFO, &info) == 0 || errno != ENODEV)
			wrong("ioctl of a node that is gone gave", errno);
		return false;
	}
	if (got < 0 && errno == EACCES) {
		atomic_fetch_add(&counts->foreign, 1);
		return true;
	}
	line[got < 0 ? 0 : got] = 0;
	if (got < 4 || line[got - 1] != '\n' || sscanf(line, "%u %15s", &ifindex, name) != 2)
		wrong("a read gave no whole line but", got < 0 ? -errno : got);
	atomic_fetch_add(&counts->lines, 1);
	return true;
}

static int open_any(void)
{
	char path[300];
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	int node = -1, skip = rand() % 200;

	if (!folder)
		return -1;
	while ((entry = readdir(folder)) && skip-- > 0)
		;
	if (entry && entry->d_name[0] != '.') {
		snprintf(path, sizeof(path), FOLDER "/%s", entry->d_name);
		node = open(path, O_RDONLY | O_CLOEXEC);
		if (node >= 0)
			atomic_fetch_add(&counts->opened, 1);
		else if (errno != ENOENT && errno != ENXIO && errno != ENODEV && errno != EACCES)
			wrong("open gave", errno);
	}
	closedir(folder);
	return node;
}

static void reader(unsigned int seed)
{
	int held[HELD], i;

	srand(seed);
	if (seed % 2 && setuid(65534))	/* every second one may not look into other namespaces */
		wrong("setuid gave", errno);
	for (i = 0; i < HELD; i++)
		held[i] = -1;
	while (!atomic_load(&counts->stop)) {
		i = rand() % HELD;
		if (held[i] < 0)
			held[i] = open_any();
		else if (!look(held[i]) || rand() % 4 == 0) {
			close(held[i]);
			held[i] = -1;
		}
	}
	_exit(0);
}

static void count(atomic_long *what, int result)
{
	if (result == 0)
		atomic_fetch_add(what, 1);
	else if (result != -ENODEV)
		wrong("a change of an interface gave", result);
}

static const char *called(char *name, char letter, int round, int i)
{
	snprintf(name, IFNAMSIZ, "%c%u.%u", letter, round % 1000U, i % 10000U);
	return name;
}

/* Every twelfth interface is left in the other namespace, to go when that one dies */
static bool stays(int i)
{
	return i % 12 == 0;
}

/* One round: make them all, rename, send some to @other and back, delete, in this namespace */
static void change(int round, int interfaces, int home, int other)
{
	char name[IFNAMSIZ], peer[IFNAMSIZ];
	int i, ifindex;

	for (i = 0; i < interfaces; i++) {
		called(name, 's', round, i);
		count(&counts->added, i % 2 ? link_add("veth", name, called(peer, 'p', round, i)) :
					      link_add("dummy", name, NULL));
	}
	for (i = 0; i < interfaces; i++) {
		ifindex = if_nametoindex(called(name, 's', round, i));
		count(&counts->renamed, link_rename(ifindex, called(name, 'r', round, i)));
		if (i % 3)
			continue;
		count(&counts->moved, link_move(ifindex, other));
		if (i % 2 || stays(i))	/* a veth goes when its other end does */
			continue;
		if (setns(other, CLONE_NEWNET))
			wrong("setns gave", errno);
		count(&counts->returned, link_move(if_nametoindex(name), home));
		if (setns(home, CLONE_NEWNET))
			wrong("setns gave", errno);
	}
	for (i = 0; i < interfaces; i++) {
		if (stays(i))
			continue;
		called(name, i % 2 ? 'p' : 'r', round, i);
		count(&counts->deleted, link_delete(if_nametoindex(name)));
	}
}

int main(int argc, char **words)
{
	int rounds, interfaces, readers, home, other = -1, i;

	if (argc != 4)
		return 2;
	rounds = atoi(words[1]);
	interfaces = atoi(words[2]);
	readers = atoi(words[3]);
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (counts == MAP_FAILED)
		return 1;
	for (i = 0; i < readers; i++)
		if (fork() == 0)
			reader(i + 1);
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	for (i = 0; i < rounds; i++) {
		/* A new namespace each round; the last one dies with whatever is in it */
		if (other >= 0)
			close(other);
		if (unshare(CLONE_NEWNET))
			wrong("unshare gave", errno);
		other = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (setns(home, CLONE_NEWNET))
			wrong("setns gave", errno);
		change(i, interfaces, home, other);
	}
	close(other);
	atomic_store(&counts->stop, true);
	while (wait(&i) > 0)
		if (i)
			wrong("a reader ended with", i);
	printf("opened=%ld lines=%ld gone=%ld foreign=%ld woken=%ld ",
	       counts->opened, counts->lines, counts->gone, counts->foreign, counts->woken);
	printf("added=%ld renamed=%ld moved=%ld returned=%ld deleted=%ld wrong=%ld\n",
	       counts->added, counts->renamed, counts->moved, counts->returned, counts->deleted,
	       counts->wrong);
	return counts->wrong ? 1 : 0;
}
