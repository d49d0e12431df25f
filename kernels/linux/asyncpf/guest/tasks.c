// SPDX-License-Identifier: GPL-2.0-only
/* What the tasks do, and the start that makes them. */
#include "guest.h"

#define APIC_BASE_X2APIC	(1 << 10 | 1 << 11)	/* enabled, registers as MSRs */
#define APIC_ENABLED		(1 << 8 | 0xff)		/* by software; 0xff: the spurious vector */

#define UNMAPPED		(1ull << 40)
#define UNKNOWN_PORT		0x1

/* Between two counts of the board's work, so that counting is a small part of computing. */
#define LOOPS_A_COUNT		256

/* At CPL 3 and CPL 0 alike: a call turns interrupts off while it lasts. */
static void call(u64 number, u64 argument)
{
	asm volatile("int %0" : : "i"(VECTOR_CALL), "D"(number), "S"(argument) : "memory");
}

static void compute(u64 loops)
{
	while (loops--) {
		if (loops % LOOPS_A_COUNT == 0)
			board->work++;
		asm volatile("");
	}
}

/* Task i touches the pages i-1, i-1+tasks, i-1+2*tasks and so on, each once. */
void touching_task(u64 task)
{
	u64 page;

	for (page = task - 1; page < board->pages; page += board->tasks) {
		volatile u8 *late = (volatile u8 *)(LATE_GPA + page * PAGE_SIZE);

		compute(board->compute);
		call(CALL_TOUCH, page);
		if (board->write)
			*late = (u8)task;
		else
			(void)*late;
		call(CALL_TOUCHED, page);
	}
	for (;;)
		call(CALL_DONE, 0);
}

/*
 * Task 0: has the vCPU when no other task can run. The bell tells the pager, after the board does;
 * "hlt" comes right after "sti", so no interrupt gets between looking and halting.
 */
void idle_task(u64 task)
{
	for (;;) {
		asm volatile("cli" : : : "memory");
		if (board->done == board->tasks) {
			say(SAID_DONE, task);
			end(GUEST_DONE);
		}
		board->idle = 1;
		write_port(BELL_PORT, 0);
		asm volatile("sti; hlt" : : : "memory");
	}
}

static void fail_if_asked(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) empty = { 0, 0 };

	switch (board->fail) {
	case FAIL_FAULT:
		*(volatile u8 *)UNMAPPED = 0;
		break;
	case FAIL_TRIPLE:
		/* Neither this exception nor the double fault after it has a gate. */
		asm volatile("lidt %0; ud2" : : "m"(empty));
		break;
	case FAIL_EXIT:
		write_port(UNKNOWN_PORT, 0);
		break;
	case FAIL_LOOP:
		for (;;)
			asm volatile("");
	}
}

/* Where entry.S comes to, on task 0's stack, at CPL 0 and with interrupts off. */
void start(void)
{
	u32 task;

	load_idt();
	write_msr(MSR_APIC_BASE, read_msr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
	write_msr(MSR_X2APIC_SPURIOUS, APIC_ENABLED);
	enable_apf(board->flags);
	make_task(0, idle_task, 0);
	for (task = 1; task <= board->tasks; task++)
		make_task(task, touching_task, board->user);
	say(SAID_BOOT, board->flags);
	fail_if_asked();
	switch_to_next();
	resume(frame_of_current());
}
