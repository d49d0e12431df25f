// SPDX-License-Identifier: GPL-2.0-only
/* The pager's notes, and its way to userfaultfd: who waits for which page, and putting it in. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/userfaultfd.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "vmm.h"

/*
 * The pager cannot go on: false. Its thread ends, and so does the run. What goes wrong after that
 * is a consequence: the first reason is told.
 */
bool give_up(struct pager *pager, const char *format, ...)
{
	va_list arguments;

	if (pager->failed[0])
		return false;
	va_start(arguments, format);
	vsnprintf(pager->failed, sizeof(pager->failed), format, arguments);
	va_end(arguments);
	return false;
}

struct event *note(struct pager *pager, enum event_kind kind)
{
	struct event *event;

	if (pager->nevents >= pager->room) {
		give_up(pager, "more than %u events", pager->room);
		return NULL;
	}
	event = &pager->events[pager->nevents++];
	event->kind = kind;
	event->ms = now_ms() - pager->start;
	return event;
}

static u64 guest_address(u32 page)
{
	return LATE_GPA + (u64)page * PAGE_SIZE;
}

static void read_comm(pid_t tid, char *comm, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;		/* a name is not worth failing for */
	length = read(fd, comm, size - 1);
	close(fd);
	if (length > 0)
		comm[length - 1] = '\0';	/* instead of the new line */
}

/* Into its place by number: the workers that ask may overtake each other, the touches did not. */
static void insert(struct pager *pager, struct fault fault)
{
	u32 i = pager->npending++;

	for (; i && pager->pending[i - 1].number > fault.number; i--)
		pager->pending[i] = pager->pending[i - 1];
	pager->pending[i] = fault;
}

static void forget(struct pager *pager, u32 number)
{
	struct fault *pending = pager->pending;
	u32 i;

	for (i = 0; i < pager->npending; i++)
		if (pending[i].number == number)
			break;
	pager->npending--;
	pager->served++;
	memmove(&pending[i], &pending[i + 1], (pager->npending - i) * sizeof(pending[0]));
}

static bool note_fault(struct pager *pager, const struct uffd_msg *message)
{
	u64 offset = message->arg.pagefault.address - (u64)pager->machine->late;
	struct fault fault = {
		.page = offset / PAGE_SIZE, .tid = message->arg.pagefault.feat.ptid,
	};
	struct event *event;
	u32 i;

	if (message->event != UFFD_EVENT_PAGEFAULT || offset >= pager->machine->late_size)
		return give_up(pager, "userfaultfd: event %#x is no fault at a page of the guest",
			       message->event);
	if (pager->there[fault.page])
		return true;	/* said before it came, read after; nobody waits for it any more */
	fault.number = pager->machine->board->number[fault.page];
	if (!fault.number)
		return give_up(pager, "a fault at page %u, which no task has touched", fault.page);
	for (i = 0; i < pager->npending; i++)
		if (pager->pending[i].page == fault.page)
			return true;	/* a second thread waits for it: both are woken together */
	insert(pager, fault);
	event = note(pager, WANTED);
	if (!event)
		return false;
	event->address = guest_address(fault.page);
	event->count = pager->npending;
	event->tid = fault.tid;
	read_comm(fault.tid, event->comm, sizeof(event->comm));
	return true;
}

/* Take all messages that are there. */
bool read_faults(struct pager *pager)
{
	struct uffd_msg message;
	ssize_t length;

	while ((length = read(pager->uffd, &message, sizeof(message))) == sizeof(message))
		if (!note_fault(pager, &message))
			return false;
	if (length < 0 && errno == EAGAIN)
		return true;
	return give_up(pager, "userfaultfd: %s",
		       length < 0 ? strerror(errno) : "a message was cut short");
}

/* The page of @fault arrives. It is forgotten first: the guest runs on before the call is back. */
bool put_in(struct pager *pager, struct fault fault)
{
	static const u8 content[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE))) = { 0x5a };
	struct uffdio_copy copy = {
		.dst = (u64)pager->machine->late + (u64)fault.page * PAGE_SIZE,
		.src = (u64)content, .len = PAGE_SIZE,
	};
	struct event *event;

	forget(pager, fault.number);
	while (ioctl(pager->uffd, UFFDIO_COPY, &copy))
		if (errno != EAGAIN)
			return give_up(pager, "UFFDIO_COPY of page %u: %s", fault.page,
				       strerror(errno));
	pager->there[fault.page] = true;
	event = note(pager, ARRIVED);
	if (event)
		event->address = guest_address(fault.page);
	return event;
}

static int open_userfaultfd(const struct machine *machine)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_THREAD_ID };
	struct uffdio_register range = {
		.range = { (u64)machine->late, machine->late_size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		err(EXIT_ERROR, "userfaultfd");
	if (ioctl(fd, UFFDIO_API, &api))
		err(EXIT_ERROR, "UFFDIO_API");
	if (ioctl(fd, UFFDIO_REGISTER, &range))
		err(EXIT_ERROR, "UFFDIO_REGISTER");
	return fd;
}

/* All that the pager waits for. */
void open_descriptors(struct pager *pager)
{
	struct itimerspec limit = { .it_value.tv_sec = pager->options->limit };

	pager->uffd = open_userfaultfd(pager->machine);
	pager->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pager->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pager->bell < 0 || pager->stop < 0)
		err(EXIT_ERROR, "eventfd");
	connect_bell(pager->machine, pager->bell);
	pager->limit = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (pager->limit < 0 || timerfd_settime(pager->limit, 0, &limit, NULL))
		err(EXIT_ERROR, "timerfd");
}

/* Whoever still waits, because the run is cut short, goes on with an empty page: the vCPU too. */
void release_waiters(struct pager *pager)
{
	struct uffdio_range range = { (u64)pager->machine->late, pager->machine->late_size };

	if (ioctl(pager->uffd, UFFDIO_UNREGISTER, &range))
		give_up(pager, "UFFDIO_UNREGISTER: %s", strerror(errno));
}
