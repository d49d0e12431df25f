// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread that serves the late pages: when they arrive, in which order. README.md says the
 * rules; with the pace "settled" the order of all events follows from the settings.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/eventfd.h>

#include "vmm.h"

/* So often a guest has to be quiet: a stall of the whole machine is one look, not twenty. */
#define LOOKS		20
#define FOR_EVER	(-1.0)

enum news { NEWS, NOTHING, STOP };

double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* Wait for a fault, the bell, the end of the run or of its time, or until @us are over. */
static enum news collect(struct pager *pager, double us)
{
	struct pollfd fds[] = {
		{ .fd = pager->stop, .events = POLLIN },
		{ .fd = pager->limit, .events = POLLIN },
		{ .fd = pager->uffd, .events = POLLIN },
		{ .fd = pager->bell, .events = POLLIN },
	};
	struct timespec timeout = {
		.tv_sec = us / 1e6, .tv_nsec = (long)(us * 1e3) % 1000000000,
	};
	eventfd_t rings;
	int ready = ppoll(fds, 4, us < 0 ? NULL : &timeout, NULL);

	if (ready == 0)
		return NOTHING;
	if (ready < 0) {
		give_up(pager, "poll: %s", strerror(errno));
		return STOP;
	}
	if (fds[0].revents || fds[1].revents)
		return STOP;
	if (fds[3].revents && eventfd_read(pager->bell, &rings)) {
		give_up(pager, "the guest's bell: %s", strerror(errno));
		return STOP;
	}
	if (fds[2].revents) {
		pager->looks = 0;
		if (!read_faults(pager))
			return STOP;
	}
	return NEWS;
}

/* Has any of the guest's counters moved since the last look? */
static void look(struct pager *pager)
{
	u64 sum = pager->machine->board->said + pager->machine->board->work;

	pager->looks = sum == pager->seen ? pager->looks + 1 : 0;
	pager->seen = sum;
}

/*
 * No task can run, and what was touched is pending or over. The guest may run while we read: if it
 * says nothing meanwhile, what we have read belongs together.
 */
static bool idles(const struct pager *pager)
{
	volatile struct board *board = pager->machine->board;
	u64 said = board->said;
	u32 idle = board->idle;
	u32 under_way = board->asked - board->through;

	return idle && under_way == pager->npending && board->said == said;
}

/* The vCPU's own thread waits for a page: the fault is synchronous. */
static bool stands(const struct pager *pager)
{
	u32 i;

	if (pager->machine->board->asked != pager->served + pager->npending)
		return false;
	for (i = 0; i < pager->npending; i++)
		if (pager->pending[i].tid == pager->vcpu_tid)
			return true;
	return false;
}

/* Nothing happens any more before a page arrives. */
static bool settled(const struct pager *pager)
{
	return pager->npending && (idles(pager) || stands(pager) || pager->looks >= LOOKS);
}

/* The oldest touches that are not served are all pending, as many as a batch has. */
static bool full(const struct pager *pager)
{
	u32 batch = pager->options->batch;

	return pager->npending >= batch &&
	       pager->pending[batch - 1].number == pager->served + batch;
}

static bool can_close(const struct pager *pager)
{
	return full(pager) || settled(pager);
}

static bool wait_until(struct pager *pager, bool (*condition)(const struct pager *pager))
{
	double glance = (double)pager->options->quiet / LOOKS;
	enum news news;

	while (!condition(pager)) {
		news = collect(pager, pager->npending ? glance : FOR_EVER);
		if (news == STOP)
			return false;
		if (news == NOTHING)
			look(pager);
	}
	return true;
}

static bool wait_us(struct pager *pager, u32 us)
{
	double end = now_ms() + us / 1e3;
	double left;

	while ((left = end - now_ms()) > 0)
		if (collect(pager, left * 1e3) == STOP)
			return false;
	return true;
}

/* Before each page of a batch: wait for the guest, if it is so agreed, then for @us. */
static bool wait_turn(struct pager *pager, u32 us)
{
	if (pager->options->pace == SETTLED) {
		if (!wait_until(pager, settled))
			return false;
		if (!idles(pager) && !stands(pager))
			pager->by_quiet++;
	}
	return wait_us(pager, us);
}

static bool serve_batch(struct pager *pager)
{
	static struct fault batch[MOST_PAGES];
	const struct options *options = pager->options;
	u32 left = pager->npending < options->batch ? pager->npending : options->batch;
	u32 wait = options->delay;
	struct event *closed = note(pager, CLOSED);
	u32 at;

	if (!closed)
		return false;
	closed->count = left;
	memcpy(batch, pager->pending, left * sizeof(batch[0]));
	pager->batches++;
	while (left) {
		if (!wait_turn(pager, wait))
			return false;
		at = choose(options->order, &pager->dice, left);
		pager->looks = 0;
		if (!put_in(pager, batch[at]))
			return false;
		left--;
		memmove(&batch[at], &batch[at + 1], (left - at) * sizeof(batch[0]));
		wait = options->gap;
	}
	return true;
}

static void *serve(void *argument)
{
	struct pager *pager = argument;

	while (wait_until(pager, can_close))
		if (!serve_batch(pager))
			break;
	/*
	 * A vCPU that waits for a page takes no signal before it is released, and must not run on
	 * when it is. If the run is over anyway, the signal comes too late to matter.
	 */
	kill(getpid(), STOP_SIGNAL);
	release_waiters(pager);
	return NULL;
}

/**
 * start_pager - the thread is there and takes faults; time counts from now on
 * @pager: all zero
 * @options: when pages arrive
 * @machine: whose pages; the caller is the thread that runs its vCPU
 */
void start_pager(struct pager *pager, const struct options *options, const struct machine *machine)
{
	sigset_t all, before;
	int error;

	pager->options = options;
	pager->machine = machine;
	pager->vcpu_tid = gettid();
	open_descriptors(pager);
	seed_dice(&pager->dice, options->seed);
	pager->room = EVENTS_PER_PAGE * options->pages;
	pager->events = calloc(pager->room, sizeof(pager->events[0]));
	if (!pager->events)
		err(EXIT_ERROR, "memory for the log");
	pager->start = now_ms();

	/* Signals are the vCPU's. */
	sigfillset(&all);
	error = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!error)
		error = pthread_create(&pager->thread, NULL, serve, pager);
	if (!error)
		error = pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		errx(EXIT_ERROR, "the pager's thread: %s", strerror(error));
}

/* End the thread; all that it noted is there then. Ends the program if the pager had given up. */
void join_pager(struct pager *pager)
{
	int error;

	if (eventfd_write(pager->stop, 1))
		err(EXIT_ERROR, "eventfd of the pager");
	error = pthread_join(pager->thread, NULL);
	if (error)
		errx(EXIT_ERROR, "the pager's thread: %s", strerror(error));
	if (pager->failed[0])
		errx(EXIT_ERROR, "%s", pager->failed);
}
