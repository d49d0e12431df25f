/* SPDX-License-Identifier: GPL-2.0-only */
/* The way in, in long mode with interrupts off, and the way into and out of every trap. */

	.section .text.start, "ax"
	.globl	_start
_start:
	call	start

	.text

/*
 * The CPU pushes an error code with exceptions 8, 10 to 14, 17, 21, 29 and 30; the others get a 0,
 * so that all frames are alike.
 */
	.set	WITH_ERROR, 1 << 8 | 0x1f << 10 | 1 << 17 | 1 << 21 | 1 << 29 | 1 << 30

	.altmacro
	.macro	stub vector, with_error
	.balign	16
	.if	\with_error == 0
	pushq	$0
	.endif
	pushq	$\vector
	jmp	enter
	.endm

	.globl	stubs, stub_ready, stub_call
	.balign	16
stubs:
	.set	vector, 0
	.rept	32
	stub	%vector, %((WITH_ERROR >> vector) & 1)
	.set	vector, vector + 1
	.endr
	.balign	16
stub_ready:
	stub	0xf3, 0
	.balign	16
stub_call:
	stub	0x80, 0

/* Keep the registers as a struct frame; trap() returns the one to go on with, perhaps another's. */
enter:
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	cld
	call	trap
	mov	%rax, %rdi

	.globl	resume
resume:
	mov	%rdi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
