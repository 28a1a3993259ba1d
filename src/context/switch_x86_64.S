/* The switch for x86-64, System V calling convention.
 *
 * How it returns decides its speed. The processor guesses a ret's target from
 * the calls that it has seen, which are those of the task that is left. Where
 * the other task had switched at the same place, that guess is right, and so
 * are the guesses for all returns that follow. Where not, it would be wrong
 * (5.6 ns), and an indirect jump is guessed better.
 *
 * The floating point control words are saved always, but loaded only where
 * they differ, since loading them stalls the pipeline. The switch returns 0, so
 * that a waiting function can end in it.
 */
    .text
    .p2align 5
    .globl sl__switch_stacks
    .hidden sl__switch_stacks
    .type sl__switch_stacks, @function
sl__switch_stacks: /* (void **save_sp: rdi, void *load_sp: rsi) */
    .cfi_startproc
    movq (%rsp), %rdx
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbx, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r12, 0
    pushq %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r13, 0
    pushq %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r14, 0
    pushq %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r15, 0
    leaq -8(%rsp), %rsp
    .cfi_adjust_cfa_offset 8
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movl (%rsp), %eax
    movzwl 4(%rsp), %ecx
    movq %rsp, (%rdi)

    /* From here on another task's frame, laid out the same. */
    movq %rsi, %rsp
    cmpl (%rsp), %eax
    jne 1f
2:  cmpw 4(%rsp), %cx
    jne 3f
4:  leaq 8(%rsp), %rsp
    .cfi_adjust_cfa_offset -8
    popq %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore r15
    popq %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore r14
    popq %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore r13
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore r12
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbx
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbp
    xorl %eax, %eax
    cmpq (%rsp), %rdx
    jne 5f
    retq
5:  popq %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register rip, rcx
    jmpq *%rcx
1:  ldmxcsr (%rsp)
    jmp 2b
3:  fldcw 4(%rsp)
    jmp 4b
    .cfi_endproc
    .size sl__switch_stacks, . - sl__switch_stacks

/* int sl__start_stack(void **save_sp: rdi, void *low: rsi, size_t size: rdx,
 *                     entry: rcx, arg: r8)
 * Saves as the switch does. Nothing is laid out for the new stack, and the
 * control words stay as they are. */
    .p2align 5
    .globl sl__start_stack
    .hidden sl__start_stack
    .type sl__start_stack, @function
sl__start_stack:
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    pushq %r12
    .cfi_adjust_cfa_offset 8
    pushq %r13
    .cfi_adjust_cfa_offset 8
    pushq %r14
    .cfi_adjust_cfa_offset 8
    pushq %r15
    .cfi_adjust_cfa_offset 8
    leaq -8(%rsp), %rsp
    .cfi_adjust_cfa_offset 8
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, (%rdi)
    leaq (%rsi, %rdx), %rsp
    .cfi_undefined rip
    andq $-16, %rsp
    pushq $0
    pushq $0
    movq %rcx, %r12
    movq %r8, %r13
    jmp sl__stack_begins
    .cfi_endproc
    .size sl__start_stack, . - sl__start_stack

/* Where a new stack begins: r12 is the entry, r13 its argument. The entry
 * returns the stack pointer of whom to go on with, and this stack is done.
 * Backtraces end here. The last ret is guessed right when nobody else has run
 * since this stack was started: then it returns to the switch that did. */
    .p2align 4
    .globl sl__stack_begins
    .hidden sl__stack_begins
    .type sl__stack_begins, @function
sl__stack_begins:
    .cfi_startproc
    .cfi_undefined rip
    movq %r13, %rdi
    xorl %ebp, %ebp
    callq *%r12
    movq %rax, %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    leaq 8(%rsp), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    xorl %eax, %eax
    retq
    .cfi_endproc
    .size sl__stack_begins, . - sl__stack_begins

/* uint64_t sl__float_modes_now(void): as a frame has them. */
    .p2align 4
    .globl sl__float_modes_now
    .hidden sl__float_modes_now
    .type sl__float_modes_now, @function
sl__float_modes_now:
    .cfi_startproc
    stmxcsr -8(%rsp)
    fnstcw -4(%rsp)
    movzwl -4(%rsp), %eax
    movl -8(%rsp), %ecx
    shlq $32, %rax
    orq %rcx, %rax
    retq
    .cfi_endproc
    .size sl__float_modes_now, . - sl__float_modes_now

/* void *sl__prepare_stack(void *low: rdi, size_t size: rsi, entry: rdx,
 *                         arg: rcx, modes: r8)
 * The frame that sl__switch_stacks() expects; the stack pointer is a multiple
 * of 16 at the call of the entry. */
    .p2align 4
    .globl sl__prepare_stack
    .hidden sl__prepare_stack
    .type sl__prepare_stack, @function
sl__prepare_stack:
    .cfi_startproc
    leaq (%rdi, %rsi), %rax
    andq $-16, %rax
    leaq sl__stack_begins(%rip), %rsi
    subq $80, %rax
    movq $0, 72(%rax)
    movq $0, 64(%rax)
    movq %rsi, 56(%rax)
    movq $0, 48(%rax)  /* rbp */
    movq $0, 40(%rax)  /* rbx */
    movq %rdx, 32(%rax) /* r12 */
    movq %rcx, 24(%rax) /* r13 */
    movq $0, 16(%rax)  /* r14 */
    movq $0, 8(%rax)   /* r15 */
    movq %r8, (%rax)
    retq
    .cfi_endproc
    .size sl__prepare_stack, . - sl__prepare_stack

    .section .note.GNU-stack, "", @progbits
