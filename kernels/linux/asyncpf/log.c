// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log, written when all is over so that writing disturbs nothing. README.md describes its
 * lines; lab/pagefault/trace/vmm_log.py reads them.
 */
#include <err.h>
#include <stdio.h>

#include "vmm.h"

static const char *const words[SAID_WORDS] = {
	"?", "BOOT", "TOUCH", "TOUCHED", "NOT_PRESENT", "READY", "SWITCH", "TASKDONE", "DONE",
	"SPURIOUS", "REAL_PF", "DUMMY",
};

static int bit(u32 value, int n)
{
	return value >> n & 1;
}

static void write_head(const struct machine *machine, const struct options *options)
{
	u32 features = machine->features;

	print_options(options);
	printf("KVM paravirt features (0x40000001.eax)=%#x: ", features);
	printf("ASYNC_PF=%d PF_VMEXIT=%d ASYNC_PF_INT=%d\n", bit(features, FEATURE_ASYNC_PF),
	       bit(features, FEATURE_VMEXIT), bit(features, FEATURE_INTERRUPT));
	printf("guest_tsc - host_tsc = %lld (+-%llu)\n", machine->tick_offset,
	       machine->tick_slack);
}

static void write_event(const struct event *event)
{
	switch (event->kind) {
	case WANTED:
		printf("UFFD fault  t=%.3fms gpa=%#llx by tid %d (%s) pending=%u\n", event->ms,
		       event->address, event->tid, event->comm, event->count);
		break;
	case ARRIVED:
		printf("UFFD copy   t=%.3fms gpa=%#llx rc=0\n", event->ms, event->address);
		break;
	case CLOSED:
		printf("# batch of %u pages t=%.3fms\n", event->count, event->ms);
		break;
	}
}

static void write_ending(const volatile struct board *board, const struct options *options,
			 const struct ending *ending)
{
	if (ending->how == GUEST_STOPPED)
		printf("# the guest was stopped: it had not ended after %u seconds\n",
		       options->limit);
	else if (ending->how == GUEST_BROKE)
		printf("exit_reason=%u detail=%#llx rip=%#llx\n", ending->reason, ending->detail,
		       ending->rip);
	else if (ending->status)
		printf("# the guest failed: exception %u, error code %#x, rip %#llx, cr2 %#llx\n",
		       board->vector, board->error, board->rip, board->address);
}

static void write_result(const volatile struct board *board, const struct pager *pager,
			 const struct ending *ending)
{
	static const u32 without_status[] = { [GUEST_STOPPED] = 98, [GUEST_BROKE] = 99 };
	u32 rc = ending->how == GUEST_ENDED ? ending->status : without_status[ending->how];

	printf("RESULT rc=%u flags=%#llx tasks=%u pages=%u elapsed_ms=%.2f user_exits=%llu", rc,
	       board->flags, board->tasks, board->pages, ending->ms, ending->exits);
	printf(" not_present=%u ready=%u spurious=%u dummy=%u touched=%u", board->not_present,
	       board->ready, board->spurious, board->dummy, board->through);
	printf(" arrivals=%u batches=%u settled_by_quiet=%u work=%llu log=%llu\n", pager->served,
	       pager->batches, pager->by_quiet, board->work, board->said);
}

static void write_said(const struct machine *machine)
{
	const struct said *said = (const struct said *)(machine->low + SAID_GPA);
	u64 i, count = machine->board->said;

	if (count > MOST_SAID) {
		printf("# %llu lines of the guest had no room\n", count - MOST_SAID);
		count = MOST_SAID;
	}
	for (i = 0; i < count; i++)
		printf("G %llu host_tsc=%lld task%u %s %#llx\n", said[i].tick,
		       (long long)(said[i].tick - machine->tick_offset), said[i].task,
		       words[said[i].word < SAID_WORDS ? said[i].word : 0], said[i].value);
}

/**
 * write_log - everything that happened, to stdout
 * @machine: the guest's memory
 * @pager: what it noted; its thread is over
 * @options: the settings
 * @ending: how the guest ended
 */
void write_log(const struct machine *machine, const struct pager *pager,
	       const struct options *options, const struct ending *ending)
{
	u32 i;

	write_head(machine, options);
	for (i = 0; i < pager->nevents; i++)
		write_event(&pager->events[i]);
	write_ending(machine->board, options, ending);
	write_result(machine->board, pager, ending);
	write_said(machine);
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_ERROR, "the log");
}
