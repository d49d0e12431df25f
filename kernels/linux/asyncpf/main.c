// SPDX-License-Identifier: GPL-2.0-only
/*
 * asyncpf-vmm: a guest with tasks that touch pages which arrive late, under real KVM. README.md
 * says when a page arrives and what is written.
 */
#include <err.h>
#include <signal.h>

#include "vmm.h"

static struct machine machine;
static struct pager pager;

/* The pager's signal that the vCPU is to come back, because the time is over or it has given up. */
static void on_signal(int signal)
{
	(void)signal;
	stop_machine(&machine);
}

static enum exit_status status_of(const struct ending *ending)
{
	if (ending->how == GUEST_STOPPED)
		return EXIT_LIMIT;
	return ending->how == GUEST_BROKE || ending->status ? EXIT_GUEST : EXIT_WELL;
}

int main(int argc, char **argv)
{
	/* Without SA_RESTART: KVM_RUN is to come back. */
	struct sigaction action = { .sa_handler = on_signal };
	struct options options;
	struct ending ending;

	read_options(argc, argv, &options);
	make_machine(&machine, &options);
	if (sigaction(STOP_SIGNAL, &action, NULL))
		err(EXIT_ERROR, "sigaction");
	start_pager(&pager, &options, &machine);
	ending = run_machine(&machine);
	join_pager(&pager);
	write_log(&machine, &pager, &options, &ending);
	return status_of(&ending);
}
