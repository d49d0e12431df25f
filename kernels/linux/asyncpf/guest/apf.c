// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's side of asynchronous page faults (Documentation/virt/kvm/x86/msr.rst): it is told by
 * #PF that a page is not present, with a token in CR2, and by an interrupt that the page of a token
 * is there.
 */
#include "guest.h"

struct area {
	u32 flags;		/* 1: the #PF under way is "not present"; cleared by us */
	u32 token;		/* ready; cleared by us, then ACK asks for the next */
};

static volatile struct area *const area = (void *)AREA_GPA;

/* Tokens whose ready came before their not-present. */
static u32 dummies[MOST_TASKS];
static u32 ndummies;

static int take_dummy(u32 token)
{
	u32 i;

	for (i = 0; i < ndummies; i++) {
		if (dummies[i] == token) {
			dummies[i] = dummies[--ndummies];
			return 1;
		}
	}
	return 0;
}

/**
 * enable_apf - ask the host for asynchronous page faults
 * @flags: the low bits of MSR_KVM_ASYNC_PF_EN; 0 leaves it alone
 *
 * The vector comes first: the host may use it as soon as it is enabled, if only to wake everyone.
 */
void enable_apf(u64 flags)
{
	if (!flags)
		return;
	write_msr(MSR_ASYNC_PF_INT, VECTOR_READY);
	write_msr(MSR_ASYNC_PF_EN, AREA_GPA | flags);
}

/**
 * not_present - a #PF: if a page is not there, the current task sleeps on the token in CR2
 *
 * Return: 0 if it is a page fault of the guest's own.
 */
int not_present(void)
{
	u32 token = read_cr2();

	if (!area->flags)
		return 0;
	area->flags = 0;
	board->not_present++;
	say(SAID_NOT_PRESENT, token);
	if (!take_dummy(token))
		park(token);
	return 1;
}

/* The page of a token is there: wake its task, then let the host say the next one. */
void page_ready(void)
{
	u32 token = area->token;

	write_msr(MSR_X2APIC_EOI, 0);
	if (token == WAKE_ALL) {
		/* Comes when we enable, and only then: nobody sleeps yet. */
		board->spurious++;
		say(SAID_SPURIOUS, token);
	} else if (wake(token)) {
		board->ready++;
		say(SAID_READY, token);
	} else {
		board->dummy++;
		say(SAID_DUMMY, token);
		if (ndummies < MOST_TASKS)
			dummies[ndummies++] = token;
	}
	area->token = 0;
	write_msr(MSR_ASYNC_PF_ACK, 1);

	/* A woken task waits for its turn, unless nobody has the vCPU. */
	if (!current) {
		board->idle = 0;
		switch_to_next();
	}
}
