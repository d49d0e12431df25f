// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state that the vCPU starts with: long mode, the first GiB mapped one to one, interrupts off,
 * at CPL 0. All pages may be used at CPL 3 too: which level a task has matters to the host, the
 * guest guards nothing.
 */
#include <err.h>
#include <sys/ioctl.h>

#include "vmm.h"

#define LARGE_PAGE	0x200000ull
#define PAGE_PRESENT	0x1
#define PAGE_WRITE	0x2
#define PAGE_USER	0x4
#define PAGE_LARGE	0x80
#define PAGE_ALL	(PAGE_PRESENT | PAGE_WRITE | PAGE_USER)

#define CR0_PE		(1ull << 0)
#define CR0_MP		(1ull << 1)
#define CR0_ET		(1ull << 4)
#define CR0_NE		(1ull << 5)
#define CR0_WP		(1ull << 16)
#define CR0_PG		(1ull << 31)
#define CR4_PAE		(1ull << 5)
#define EFER_LME	(1ull << 8)
#define EFER_LMA	(1ull << 10)

#define TYPE_DATA	3	/* readable, writable, accessed */
#define TYPE_CODE	11	/* readable, executable, accessed */
#define TYPE_TSS	11	/* 64 bits, busy */
#define TSS_LIMIT	0x67

static void map_memory(u8 *low)
{
	u64 *top = (u64 *)(low + TABLES_GPA);
	u64 *middle = top + 512;
	u64 *bottom = middle + 512;
	u64 i;

	top[0] = (TABLES_GPA + PAGE_SIZE) | PAGE_ALL;
	middle[0] = (TABLES_GPA + 2 * PAGE_SIZE) | PAGE_ALL;
	for (i = 0; i < 512; i++)
		bottom[i] = i * LARGE_PAGE | PAGE_LARGE | PAGE_ALL;
}

static void set_descriptors(u8 *low)
{
	u64 *gdt = (u64 *)(low + GDT_GPA);

	gdt[KERNEL_CODE / 8] = 0x00af9b000000ffffull;
	gdt[KERNEL_DATA / 8] = 0x00cf93000000ffffull;
	gdt[USER_DATA / 8] = 0x00cff3000000ffffull;
	gdt[USER_CODE / 8] = 0x00affb000000ffffull;
}

/* The map in shared.h holds. */
_Static_assert(BOARD_GPA + sizeof(struct board) <= PROGRAM_GPA, "the board is too large");
_Static_assert(STACKS_GPA + 2 * (MOST_TASKS + 1) * STACK_SIZE <= SAID_GPA, "too many stacks");
_Static_assert(MOST_SAID >= 7 * MOST_PAGES + 3 * MOST_TASKS + 8, "the log is too small");

void write_boot_tables(u8 *low)
{
	map_memory(low);
	set_descriptors(low);
}

static struct kvm_segment segment(u16 selector, u8 type)
{
	return (struct kvm_segment){
		.limit = ~0u, .selector = selector, .type = type, .present = 1, .s = 1, .g = 1,
		.l = type == TYPE_CODE, .db = type != TYPE_CODE,
	};
}

void set_boot_registers(int vcpu)
{
	struct kvm_regs regs = {
		.rip = PROGRAM_GPA, .rsp = STACKS_GPA + STACK_SIZE, .rflags = 2,
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		err(EXIT_ERROR, "KVM_GET_SREGS");
	sregs.cs = segment(KERNEL_CODE, TYPE_CODE);
	sregs.ds = segment(KERNEL_DATA, TYPE_DATA);
	sregs.es = sregs.ss = sregs.fs = sregs.gs = sregs.ds;
	sregs.tr = (struct kvm_segment){
		.base = TSS_GPA, .limit = TSS_LIMIT, .selector = TSS_SELECTOR,
		.type = TYPE_TSS, .present = 1,
	};
	sregs.gdt.base = GDT_GPA;
	sregs.gdt.limit = USER_CODE | 7;
	sregs.cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	sregs.cr3 = TABLES_GPA;
	sregs.cr4 = CR4_PAE;
	sregs.efer = EFER_LME | EFER_LMA;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs))
		err(EXIT_ERROR, "KVM_SET_SREGS");
	if (ioctl(vcpu, KVM_SET_REGS, &regs))
		err(EXIT_ERROR, "KVM_SET_REGS");
}
