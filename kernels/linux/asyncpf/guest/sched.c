// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks on one vCPU, first in, first out: a task runs until it sleeps or is done, a woken one goes
 * to the end of the queue. Nobody is made to leave. All of it runs with interrupts off.
 */
#include "guest.h"

enum state {
	FREE,
	RUNNABLE,
	SLEEPING,
	OVER
};

struct task {
	struct frame *frame;
	enum state state;
	u32 token;
};

/* The parts of a 64-bit TSS that are used: where the stack is after a trap from user mode. */
struct tss {
	u32 reserved;
	u64 rsp0;
} __attribute__((packed));

static volatile struct tss *const tss = (void *)TSS_GPA;

static struct task tasks[MOST_TASKS + 1];	/* 0 idles */
static u32 line[MOST_TASKS];			/* the run queue, a ring */
static u32 first, length;

u32 current;

static u64 trap_stack(u32 task)
{
	return STACKS_GPA + (2 * (u64)task + 2) * STACK_SIZE;
}

static void put(u32 task)
{
	tasks[task].state = RUNNABLE;
	line[(first + length++) % MOST_TASKS] = task;
}

static u32 take(void)
{
	u32 task;

	if (!length)
		return 0;
	task = line[first];
	first = (first + 1) % MOST_TASKS;
	length--;
	return task;
}

/**
 * make_task - a task that is ready to run
 * @task: its number; 0 is the one that runs when no other can, and never waits in the queue
 * @body: what it does; its argument is @task
 * @user: not 0: it runs at CPL 3
 */
void make_task(u32 task, void (*body)(u64), u64 user)
{
	u64 stack = trap_stack(task) - STACK_SIZE;
	struct frame *frame = (struct frame *)trap_stack(task) - 1;

	frame->rip = (u64)body;
	frame->rdi = task;
	frame->rsp = stack - 8;		/* as if it had been called */
	frame->cs = user ? USER_CODE : KERNEL_CODE;
	frame->ss = user ? USER_DATA : KERNEL_DATA;
	frame->rflags = RFLAGS_FIXED | (task ? RFLAGS_IF : 0);
	tasks[task].frame = frame;
	if (task)
		put(task);
}

/* Where the current task was interrupted. */
void keep_frame(struct frame *frame)
{
	tasks[current].frame = frame;
}

struct frame *frame_of_current(void)
{
	return tasks[current].frame;
}

/* The current task leaves the vCPU; the next of the queue gets it, or task 0. */
void switch_to_next(void)
{
	u32 next = take();

	if (tasks[current].state == RUNNABLE)
		tasks[current].state = OVER;
	if (next == current)
		return;
	current = next;
	tss->rsp0 = trap_stack(next);
	say(SAID_SWITCH, next);
}

/* The current task sleeps until wake(@token). */
void park(u32 token)
{
	tasks[current].state = SLEEPING;
	tasks[current].token = token;
	switch_to_next();
}

/**
 * wake - make the task that sleeps on a token ready
 * @token: as the host said it
 *
 * Return: the task, 0 if nobody sleeps on it.
 */
int wake(u32 token)
{
	u32 task;

	for (task = 1; task <= board->tasks; task++) {
		if (tasks[task].state == SLEEPING && tasks[task].token == token) {
			put(task);
			return task;
		}
	}
	return 0;
}
