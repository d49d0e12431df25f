/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the VMM and its guest share: the guest's physical memory, the ports it writes to, and the
 * board on which it says how far it has come.
 *
 *   0x00001000  GDT             0x00009000  TSS
 *   0x00002000  page tables     0x00010000  board (struct board)
 *   0x00008000  area of MSR_KVM_ASYNC_PF_EN
 *   0x00020000  the guest's program
 *   0x00080000  stacks, STACK_SIZE for each task in user mode and as many again for its traps
 *   0x00200000  what the guest says, one struct said after the other, up to LOW_SIZE
 *   0x01000000  the pages that arrive late
 *
 * All below LOW_SIZE is there from the start: only the late pages fault.
 */
#ifndef ASYNCPF_SHARED_H
#define ASYNCPF_SHARED_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define MOST_TASKS	96	/* more than the 64 faults that KVM queues for a vCPU */
#define MOST_PAGES	4096
#define PAGE_SIZE	4096

#define GDT_GPA		0x1000
#define TABLES_GPA	0x2000
#define AREA_GPA	0x8000
#define TSS_GPA		0x9000
#define BOARD_GPA	0x10000
#define PROGRAM_GPA	0x20000
#define STACKS_GPA	0x80000
#define SAID_GPA	0x200000
#define LOW_SIZE	0x400000
#define LATE_GPA	0x1000000

#define STACK_SIZE	0x1000
#define MOST_SAID	((LOW_SIZE - SAID_GPA) / sizeof(struct said))

#define KERNEL_CODE	0x08
#define KERNEL_DATA	0x10
#define USER_DATA	0x1b
#define USER_CODE	0x23
#define TSS_SELECTOR	0x28

#define EXIT_PORT	0xf4	/* a byte: the guest has ended with this status */
#define BELL_PORT	0xf5	/* any byte: the guest idles; an eventfd wakes the pager */

#define GUEST_DONE	0
#define GUEST_FAILED	2	/* an exception that nobody expected: see struct board */

/* The low bits of MSR_KVM_ASYNC_PF_EN (Documentation/virt/kvm/x86/msr.rst). */
#define APF_ENABLED	0x1
#define APF_SEND_ALWAYS	0x2
#define APF_VMEXIT	0x4
#define APF_INTERRUPT	0x8

enum word {
	SAID_BOOT = 1,		/* value: flags */
	SAID_TOUCH,		/* address: about to touch it */
	SAID_TOUCHED,		/* address: the touch is over */
	SAID_NOT_PRESENT,	/* token: the task sleeps on it */
	SAID_READY,		/* token: its task is woken */
	SAID_SWITCH,		/* task */
	SAID_TASKDONE,		/* task */
	SAID_DONE,
	SAID_SPURIOUS,		/* token: wakes everyone, and nobody sleeps */
	SAID_REAL_PF,		/* address: a page fault of the guest's own; it has failed */
	SAID_DUMMY,		/* token: ready before not-present */
	SAID_WORDS
};

/* How the guest is to fail instead of running its tasks: one can see how that is reported. */
enum failure {
	FAIL_NOT,
	FAIL_FAULT,		/* a page fault of its own */
	FAIL_TRIPLE,		/* a triple fault */
	FAIL_EXIT,		/* an exit that the VMM does not know */
	FAIL_LOOP		/* it never ends */
};

struct said {
	u64 tick;
	u32 word;
	u32 task;
	u64 value;
};

/*
 * Settings come from the VMM and stay. The rest the guest writes, and the pager reads while the
 * guest runs: each counter has one writer, and x86 keeps the order of its stores.
 */
struct board {
	u64 flags;
	u32 tasks;
	u32 pages;
	u32 write;
	u32 user;
	u64 compute;
	u32 fail;		/* enum failure */

	u32 asked;		/* touches begun */
	u32 through;		/* touches over */
	u32 idle;		/* 1: no task can run */
	u32 done;		/* tasks that are done */
	u64 work;		/* counts on while a task computes */
	u64 said;		/* lines said, also those for which there was no room */
	u32 not_present;
	u32 ready;
	u32 spurious;
	u32 dummy;

	u32 vector;		/* of the exception that nobody expected */
	u32 error;
	u64 rip;
	u64 address;		/* CR2 */

	u32 number[MOST_PAGES];	/* page -> its touch is the n-th; 0: not yet */
};

#endif
