// SPDX-License-Identifier: GPL-2.0-only
/* Traps: exceptions, the host's interrupt, and the tasks' calls. All run with interrupts off. */
#include "guest.h"

#define GATE_INTERRUPT	0x8e	/* present, interrupts off inside */
#define GATE_USER	0x60	/* "int" is allowed at CPL 3 */

struct gate {
	u16 offset_low;
	u16 selector;
	u8 stack;
	u8 type;
	u16 offset_middle;
	u32 offset_high;
	u32 reserved;
};

static struct gate idt[256] __attribute__((aligned(16)));

static void set_gate(u32 vector, const u8 *stub, u8 type)
{
	u64 offset = (u64)stub;

	idt[vector].offset_low = offset;
	idt[vector].selector = KERNEL_CODE;
	idt[vector].type = type;
	idt[vector].offset_middle = offset >> 16;
	idt[vector].offset_high = offset >> 32;
}

void load_idt(void)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) table = { sizeof(idt) - 1, (u64)idt };
	u32 vector;

	for (vector = 0; vector < 32; vector++)
		set_gate(vector, stubs + 16 * vector, GATE_INTERRUPT);
	set_gate(VECTOR_READY, stub_ready, GATE_INTERRUPT);
	set_gate(VECTOR_CALL, stub_call, GATE_INTERRUPT | GATE_USER);
	asm volatile("lidt %0" : : "m"(table));
}

/* A line for the log; what the current task does or what happens to it. */
void say(enum word word, u64 value)
{
	volatile struct said *said = (volatile struct said *)SAID_GPA;
	u64 n = board->said;

	if (n < MOST_SAID) {
		said[n].tick = ticks();
		said[n].word = word;
		said[n].task = current;
		said[n].value = value;
	}
	board->said = n + 1;
}

/* The guest is over; the VMM does not enter it again. */
void end(u8 status)
{
	write_port(EXIT_PORT, status);
	for (;;)
		asm volatile("cli; hlt");
}

static void fail(const struct frame *frame)
{
	board->vector = frame->vector;
	board->error = frame->error;
	board->rip = frame->rip;
	board->address = read_cr2();
	if (frame->vector == VECTOR_PF)
		say(SAID_REAL_PF, board->address);
	end(GUEST_FAILED);
}

static void call(u64 number, u64 page)
{
	u64 address = LATE_GPA + page * PAGE_SIZE;

	switch (number) {
	case CALL_TOUCH:
		board->number[page] = board->asked + 1;
		board->asked++;
		say(SAID_TOUCH, address);
		break;
	case CALL_TOUCHED:
		say(SAID_TOUCHED, address);
		board->through++;
		break;
	case CALL_DONE:
		say(SAID_TASKDONE, current);
		board->done++;
		switch_to_next();
		break;
	}
}

/**
 * trap - what the stubs of entry.S call
 * @frame: where the current task was interrupted
 *
 * Return: where to go on, in this task or another.
 */
struct frame *trap(struct frame *frame)
{
	keep_frame(frame);
	switch (frame->vector) {
	case VECTOR_PF:
		if (!not_present())
			fail(frame);
		break;
	case VECTOR_READY:
		page_ready();
		break;
	case VECTOR_CALL:
		call(frame->rdi, frame->rsi);
		break;
	default:
		fail(frame);
	}
	return frame_of_current();
}
