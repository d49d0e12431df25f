/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's own parts, and the instructions that C has no word for. */
#ifndef ASYNCPF_GUEST_H
#define ASYNCPF_GUEST_H

#include "../shared.h"

#define VECTOR_PF	14
#define VECTOR_READY	0xf3	/* Linux's HYPERVISOR_CALLBACK_VECTOR */
#define VECTOR_CALL	0x80	/* a task calls: number in rdi, argument in rsi */

#define CALL_TOUCH	1	/* page: about to touch it */
#define CALL_TOUCHED	2	/* page: the touch is over */
#define CALL_DONE	3

#define MSR_APIC_BASE		0x1b
#define MSR_X2APIC_EOI		0x80b
#define MSR_X2APIC_SPURIOUS	0x80f
#define MSR_ASYNC_PF_EN		0x4b564d02
#define MSR_ASYNC_PF_INT	0x4b564d06
#define MSR_ASYNC_PF_ACK	0x4b564d07

#define WAKE_ALL		0xffffffff

#define RFLAGS_FIXED		0x2
#define RFLAGS_IF		0x200

#define board ((volatile struct board *)BOARD_GPA)

/* What entry.S has pushed when trap() is called; the last five by the CPU. */
struct frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

/* entry.S */
extern const u8 stubs[];	/* of exceptions 0 to 31, 16 bytes each */
extern const u8 stub_ready[], stub_call[];
void resume(struct frame *frame) __attribute__((noreturn));

/* sched.c */
extern u32 current;
struct frame *frame_of_current(void);
void keep_frame(struct frame *frame);
void make_task(u32 task, void (*body)(u64), u64 user);
void switch_to_next(void);
void park(u32 token);
int wake(u32 token);

/* apf.c */
void enable_apf(u64 flags);
int not_present(void);
void page_ready(void);

/* trap.c */
void load_idt(void);
void say(enum word word, u64 value);
void end(u8 status) __attribute__((noreturn));
struct frame *trap(struct frame *frame);

/* tasks.c */
void idle_task(u64 task);
void touching_task(u64 task);
void start(void) __attribute__((noreturn));

static inline u64 ticks(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (u64)high << 32;
}

static inline void write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline u64 read_msr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (u64)high << 32;
}

static inline u64 read_cr2(void)
{
	u64 value;

	asm volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline void write_port(u16 port, u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

#endif
