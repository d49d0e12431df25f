// SPDX-License-Identifier: GPL-2.0-only
/* The settings of a run. */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm.h"

static const char *const orders[] = { "fifo", "lifo", "random", NULL };
static const char *const failures[] = { "no", "fault", "triple", "exit", "loop", NULL };
static const char *const paces[] = { "settled", "timed", NULL };

static const char usage[] =
	"usage: asyncpf-vmm [OPTION]...\n"
	"Runs a small guest whose tasks touch pages that arrive late, and writes what happened.\n"
	"  --tasks N         tasks of the guest, 1 to 96 (4)\n"
	"  --pages N         pages that they touch, all together, 1 to 4096 (32)\n"
	"  --flags 0xN       low bits of MSR_KVM_ASYNC_PF_EN: 1 enabled, 2 at CPL 0 too,\n"
	"                    4 as a nested exit, 8 ready by interrupt; 0: it is not written (0xb)\n"
	"  --user-mode       the tasks run at CPL 3\n"
	"  --kernel-mode     the tasks run at CPL 0 (so it is without either)\n"
	"  --write           the tasks write to the pages instead of reading\n"
	"  --compute LOOPS   what a task does before each touch, 0 to 1000000000 (0)\n"
	"  --batch N         pages that arrive together, 1 to 4096 (1)\n"
	"  --order ORDER     fifo, lifo or random: of arrival within a batch (fifo)\n"
	"  --seed S          of the random order (1)\n"
	"  --delay US        from closing a batch to its first page, 0 to 10000000 (3000)\n"
	"  --gap US          from one page of a batch to the next, 0 to 10000000 (500)\n"
	"  --pace PACE       settled: before each page the guest has settled;\n"
	"                    timed: only time counts (settled)\n"
	"  --quiet US        after which a guest that cannot say so has settled,\n"
	"                    1000 to 1000000 (20000)\n"
	"  --limit SECONDS   of the whole run, 1 to 3600 (60)\n"
	"  --fail HOW        the guest fails, to see how that is reported: fault (a page fault\n"
	"                    of its own), triple (fault), exit (an unknown one), loop (for ever),\n"
	"                    no (no)\n"
	"  --help            this text\n"
	"Exit status: 0 well; 1 a wrong option or a failed system call; 2 the guest failed;\n"
	"3 the limit is over.\n";

static u64 number(const char *name, const char *text, u64 least, u64 most)
{
	int base = strncmp(text, "0x", 2) ? 10 : 16;	/* 010 is ten */
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(text, &end, base);
	if (errno || end == text || *end || text[0] == '-' || value < least || value > most)
		errx(EXIT_ERROR, "--%s %s: write a whole number from %llu to %llu", name, text,
		     least, most);
	return value;
}

static int choice(const char *name, const char *text, const char *const *words)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(text, words[i]))
			return i;
	errx(EXIT_ERROR, "--%s %s: see asyncpf-vmm --help for what there is", name, text);
}

static const struct option names[] = {
	{ "tasks", required_argument, NULL, 't' },
	{ "pages", required_argument, NULL, 'p' },
	{ "flags", required_argument, NULL, 'f' },
	{ "user-mode", no_argument, NULL, 'u' },
	{ "kernel-mode", no_argument, NULL, 'k' },
	{ "write", no_argument, NULL, 'w' },
	{ "compute", required_argument, NULL, 'c' },
	{ "batch", required_argument, NULL, 'b' },
	{ "order", required_argument, NULL, 'o' },
	{ "seed", required_argument, NULL, 's' },
	{ "delay", required_argument, NULL, 'd' },
	{ "gap", required_argument, NULL, 'g' },
	{ "pace", required_argument, NULL, 'P' },
	{ "quiet", required_argument, NULL, 'q' },
	{ "limit", required_argument, NULL, 'l' },
	{ "fail", required_argument, NULL, 'F' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static void set(struct options *options, int key, const char *name, const char *text)
{
	switch (key) {
	case 't':
		options->tasks = number(name, text, 1, MOST_TASKS);
		break;
	case 'p':
		options->pages = number(name, text, 1, MOST_PAGES);
		break;
	case 'f':
		options->flags = number(name, text, 0, 0xf);
		break;
	case 'u':
		options->user = true;
		break;
	case 'k':
		options->user = false;
		break;
	case 'w':
		options->write = true;
		break;
	case 'c':
		options->compute = number(name, text, 0, 1000000000);
		break;
	case 'b':
		options->batch = number(name, text, 1, MOST_PAGES);
		break;
	case 'o':
		options->order = choice(name, text, orders);
		break;
	case 's':
		options->seed = number(name, text, 0, ~0ull);
		break;
	case 'd':
		options->delay = number(name, text, 0, 10000000);
		break;
	case 'g':
		options->gap = number(name, text, 0, 10000000);
		break;
	case 'P':
		options->pace = choice(name, text, paces);
		break;
	case 'q':
		options->quiet = number(name, text, 1000, 1000000);
		break;
	case 'l':
		options->limit = number(name, text, 1, 3600);
		break;
	case 'F':
		options->fail = choice(name, text, failures);
		break;
	case 'h':
		fputs(usage, stdout);
		exit(EXIT_WELL);
	}
}

/* The settings on the command line; ends the program for one that is wrong. */
void read_options(int argc, char **argv, struct options *options)
{
	int key, at = 0;

	*options = (struct options){
		.tasks = 4, .pages = 32, .flags = APF_ENABLED | APF_SEND_ALWAYS | APF_INTERRUPT,
		.order = FIFO, .seed = 1, .batch = 1, .delay = 3000, .gap = 500, .pace = SETTLED,
		.quiet = 20000, .limit = 60,
	};
	opterr = 0;
	while ((key = getopt_long(argc, argv, ":", names, &at)) != -1) {
		if (key == '?' || key == ':')
			errx(EXIT_ERROR, "%s: %s; see asyncpf-vmm --help", argv[optind - 1],
			     key == ':' ? "a value is missing" : "there is no such option");
		set(options, key, names[at].name, optarg);
	}
	if (optind < argc)
		errx(EXIT_ERROR, "%s: an option begins with --", argv[optind]);
}

/* All settings in one line, also those that were not given: with them the run can be repeated. */
void print_options(const struct options *options)
{
	printf("# vmm --tasks %u --pages %u --flags %#llx --%s-mode%s", options->tasks,
	       options->pages, options->flags, options->user ? "user" : "kernel",
	       options->write ? " --write" : "");
	printf(" --compute %llu", options->compute);
	printf(" --batch %u --order %s --seed %llu --delay %u --gap %u", options->batch,
	       orders[options->order], options->seed, options->delay, options->gap);
	printf(" --pace %s --quiet %u --limit %u", paces[options->pace], options->quiet,
	       options->limit);
	if (options->fail)
		printf(" --fail %s", failures[options->fail]);
	putchar('\n');
}
