// SPDX-License-Identifier: GPL-2.0-only
/* The virtual machine: KVM's file descriptors, the guest's memory, its one vCPU and how it runs. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "vmm.h"

#define TSS_ADDRESS		0xfffbd000	/* three pages that KVM on Intel wants */
#define MSR_TSC			0x10
#define TSC_TRIES		16

extern const u8 guest_image[], guest_image_end[];

static void check_abi(int kvm)
{
	int version = ioctl(kvm, KVM_GET_API_VERSION, 0);

	if (version != KVM_API_VERSION)
		errx(EXIT_ERROR, "/dev/kvm: version %d of the interface, not %d", version,
		     KVM_API_VERSION);
}

static u8 *map(size_t size, int more)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | more, -1, 0);

	if (memory == MAP_FAILED)
		err(EXIT_ERROR, "%zu bytes of memory for the guest", size);
	return memory;
}

static void give_memory(int vm, u32 slot, u64 address, u8 *memory, u64 size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = address, .memory_size = size,
		.userspace_addr = (u64)memory,
	};

	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		err(EXIT_ERROR, "KVM_SET_USER_MEMORY_REGION %u", slot);
}

/* Late pages are single pages: a large one would bring its neighbours along. */
static void make_memory(struct machine *machine, u32 pages)
{
	machine->low = map(LOW_SIZE, MAP_POPULATE);
	machine->late_size = (size_t)pages * PAGE_SIZE;
	machine->late = map(machine->late_size, 0);
	if (madvise(machine->late, machine->late_size, MADV_NOHUGEPAGE) && errno != EINVAL)
		err(EXIT_ERROR, "MADV_NOHUGEPAGE");
	give_memory(machine->vm, 0, 0, machine->low, LOW_SIZE);
	give_memory(machine->vm, 1, LATE_GPA, machine->late, machine->late_size);
}

static void load_guest(struct machine *machine, const struct options *options)
{
	volatile struct board *board = (void *)(machine->low + BOARD_GPA);

	memcpy(machine->low + PROGRAM_GPA, guest_image, guest_image_end - guest_image);
	board->flags = options->flags;
	board->tasks = options->tasks;
	board->pages = options->pages;
	board->write = options->write;
	board->user = options->user;
	board->compute = options->compute;
	board->fail = options->fail;
	machine->board = board;
}

static u64 ticks(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (u64)high << 32;
}

/* The guest's TSC lies between two readings of ours: the nearest two of a few tell most. */
static void compare_ticks(struct machine *machine)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry tsc;
	} msrs = { .head.nmsrs = 1, .tsc.index = MSR_TSC };
	u64 before, slack;
	int i;

	machine->tick_slack = ~0ull;
	for (i = 0; i < TSC_TRIES; i++) {
		before = ticks();
		if (ioctl(machine->vcpu, KVM_GET_MSRS, &msrs) != 1)
			err(EXIT_ERROR, "KVM_GET_MSRS of the TSC");
		slack = (ticks() - before) / 2;
		if (slack < machine->tick_slack) {
			machine->tick_slack = slack;
			machine->tick_offset = (long long)(msrs.tsc.data - before - slack);
		}
	}
}

/**
 * make_machine - a guest that is ready to run
 * @machine: filled in
 * @options: how much memory it has, and what is told to it
 *
 * Ends the program, with a line that says why, if the kernel refuses.
 */
void make_machine(struct machine *machine, const struct options *options)
{
	int run_size;

	machine->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (machine->kvm < 0)
		err(EXIT_ERROR, "/dev/kvm");
	check_abi(machine->kvm);
	machine->vm = ioctl(machine->kvm, KVM_CREATE_VM, 0);
	if (machine->vm < 0)
		err(EXIT_ERROR, "KVM_CREATE_VM");
	if (ioctl(machine->vm, KVM_SET_TSS_ADDR, TSS_ADDRESS))
		err(EXIT_ERROR, "KVM_SET_TSS_ADDR");
	if (ioctl(machine->vm, KVM_CREATE_IRQCHIP, 0))
		err(EXIT_ERROR, "KVM_CREATE_IRQCHIP");
	make_memory(machine, options->pages);
	write_boot_tables(machine->low);
	load_guest(machine, options);

	machine->vcpu = ioctl(machine->vm, KVM_CREATE_VCPU, 0);
	if (machine->vcpu < 0)
		err(EXIT_ERROR, "KVM_CREATE_VCPU");
	run_size = ioctl(machine->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (run_size < (int)sizeof(struct kvm_run))
		err(EXIT_ERROR, "KVM_GET_VCPU_MMAP_SIZE");
	machine->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, machine->vcpu, 0);
	if (machine->run == MAP_FAILED)
		err(EXIT_ERROR, "mmap of the vCPU");
	machine->features = set_cpuid(machine->kvm, machine->vcpu);
	require_features(machine->features, options->flags);
	set_boot_registers(machine->vcpu);
	compare_ticks(machine);
}

/* What the guest writes to BELL_PORT is counted by eventfd @bell, with no exit to this program. */
void connect_bell(const struct machine *machine, int bell)
{
	struct kvm_ioeventfd ioeventfd = {
		.addr = BELL_PORT, .len = 1, .fd = bell, .flags = KVM_IOEVENTFD_FLAG_PIO,
	};

	if (ioctl(machine->vm, KVM_IOEVENTFD, &ioeventfd))
		err(EXIT_ERROR, "KVM_IOEVENTFD");
}

/* A signal handler calls it: the vCPU comes back, at once if it has not been entered yet. */
void stop_machine(const struct machine *machine)
{
	machine->run->immediate_exit = 1;
}

/* Why the vCPU came back: nothing but EXIT_PORT needs this program, so the guest is over. */
static void note_exit(const struct machine *machine, struct ending *ending)
{
	const struct kvm_run *run = machine->run;
	struct kvm_regs regs;

	if (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT &&
	    run->io.port == EXIT_PORT) {
		ending->how = GUEST_ENDED;
		ending->status = *((const u8 *)run + run->io.data_offset);
		return;
	}
	ending->how = GUEST_BROKE;
	ending->reason = run->exit_reason;
	if (run->exit_reason == KVM_EXIT_IO)
		ending->detail = run->io.port;
	else if (run->exit_reason == KVM_EXIT_MMIO)
		ending->detail = run->mmio.phys_addr;
	else if (run->exit_reason == KVM_EXIT_FAIL_ENTRY)
		ending->detail = run->fail_entry.hardware_entry_failure_reason;
	else if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		ending->detail = run->internal.suberror;
	if (!ioctl(machine->vcpu, KVM_GET_REGS, &regs))
		ending->rip = regs.rip;
}

/* Run the guest until it ends, breaks or is stopped by stop_machine() and a signal. */
struct ending run_machine(const struct machine *machine)
{
	struct ending ending = { .how = GUEST_STOPPED };
	double start = now_ms();

	for (;;) {
		if (ioctl(machine->vcpu, KVM_RUN, 0) == 0) {
			ending.exits++;
			note_exit(machine, &ending);
			break;
		} else if (errno != EINTR && errno != EAGAIN) {
			err(EXIT_ERROR, "KVM_RUN");
		} else if (machine->run->immediate_exit) {
			break;
		}
	}
	ending.ms = now_ms() - start;
	return ending;
}
