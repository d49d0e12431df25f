/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the VMM. */
#ifndef ASYNCPF_VMM_H
#define ASYNCPF_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <pthread.h>
#include <signal.h>
#include <sys/types.h>
#include <linux/kvm.h>

#include "shared.h"

enum exit_status {
	EXIT_WELL,
	EXIT_ERROR,		/* a wrong option or a failed system call: see stderr */
	EXIT_GUEST,		/* the guest failed; its log is written */
	EXIT_LIMIT		/* the time limit is over; the log so far is written */
};

/* options.c */

enum order { FIFO, LIFO, RANDOM };
enum pace { SETTLED, TIMED };

struct options {
	u32 tasks;
	u32 pages;
	u64 flags;
	enum order order;
	u64 seed;
	u32 batch;
	u32 delay;		/* us */
	u32 gap;		/* us */
	enum pace pace;
	u32 quiet;		/* us */
	u64 compute;		/* loops */
	bool write;
	bool user;
	u32 limit;		/* s */
	enum failure fail;
};

void read_options(int argc, char **argv, struct options *options);
void print_options(const struct options *options);

/* machine.c: the virtual machine */

/* Bits of CPUID 0x40000001, EAX (Documentation/virt/kvm/x86/cpuid.rst). */
#define FEATURE_ASYNC_PF	4
#define FEATURE_VMEXIT		10
#define FEATURE_INTERRUPT	14

struct machine {
	int kvm;
	int vm;
	int vcpu;
	struct kvm_run *run;
	u8 *low;		/* guest memory from 0 on */
	u8 *late;		/* the pages that arrive late */
	size_t late_size;
	volatile struct board *board;
	u32 features;		/* what KVM offers */
	long long tick_offset;	/* the guest's TSC less the host's */
	u64 tick_slack;		/* by how much that may be wrong */
};

enum ended { GUEST_ENDED, GUEST_STOPPED, GUEST_BROKE };

/* How the guest came to its end. */
struct ending {
	enum ended how;
	u32 status;		/* what it wrote to EXIT_PORT */
	u32 reason;		/* KVM_EXIT_..., where it broke */
	u64 detail;
	u64 rip;
	u64 exits;		/* to this program */
	double ms;
};

void make_machine(struct machine *machine, const struct options *options);
void connect_bell(const struct machine *machine, int bell);
struct ending run_machine(const struct machine *machine);
void stop_machine(const struct machine *machine);

/* cpuid.c */

u32 set_cpuid(int kvm, int vcpu);
void require_features(u32 features, u64 flags);

/* boot_state.c: the state that the vCPU starts with */

void write_boot_tables(u8 *low);
void set_boot_registers(int vcpu);

/* order.c: which page of a batch is next */

struct dice {
	u64 state;
};

void seed_dice(struct dice *dice, u64 seed);
u32 throw_dice(struct dice *dice, u32 n);
u32 choose(enum order order, struct dice *dice, u32 left);

/* pager.c: the thread that serves the late pages, and looks at the clock */

#define STOP_SIGNAL	SIGUSR1	/* from the pager to the vCPU's thread */

enum event_kind { WANTED, ARRIVED, CLOSED };

struct event {
	enum event_kind kind;
	double ms;		/* since the vCPU was started */
	u64 address;		/* of the guest */
	u32 count;		/* WANTED: that are pending now; CLOSED: pages of the batch */
	pid_t tid;		/* WANTED: the thread that waits */
	char comm[32];		/* its name */
};

struct fault {
	u32 number;		/* of the touch */
	u32 page;
	pid_t tid;
};

#define EVENTS_PER_PAGE	3	/* it is wanted once, arrives once, and closes a batch at most */

struct pager {
	const struct options *options;
	const struct machine *machine;
	pid_t vcpu_tid;
	int uffd;
	int bell;		/* eventfd: the guest idles */
	int stop;		/* eventfd: the run is over */
	int limit;		/* timerfd: it has lasted too long */
	pthread_t thread;
	double start;		/* ms */
	struct dice dice;

	struct fault pending[MOST_PAGES];	/* by number, ascending */
	u32 npending;
	u32 served;
	bool there[MOST_PAGES];	/* the page has been put in */
	u64 seen;		/* the sum of the guest's counters at the last look */
	u32 looks;		/* since it changed */

	struct event *events;	/* in order of time */
	u32 nevents;
	u32 room;		/* of @events */
	u32 batches;
	u32 by_quiet;		/* pages put in because the guest was quiet, only */
	char failed[160];	/* why the pager gave up, the first reason */
};

double now_ms(void);
void start_pager(struct pager *pager, const struct options *options, const struct machine *machine);
void join_pager(struct pager *pager);

/* faults.c: the pager's notes, and its way to userfaultfd; false: it has given up */

bool give_up(struct pager *pager, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct event *note(struct pager *pager, enum event_kind kind);	/* NULL: it has given up */
void open_descriptors(struct pager *pager);
void release_waiters(struct pager *pager);
bool read_faults(struct pager *pager);
bool put_in(struct pager *pager, struct fault fault);

/* log.c */

void write_log(const struct machine *machine, const struct pager *pager,
	       const struct options *options, const struct ending *ending);

#endif
