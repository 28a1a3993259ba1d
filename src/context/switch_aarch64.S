/* The switch for AArch64, AAPCS64: x19 to x30, d8 to d15 and FPCR. */
    .text
    .p2align 5
    .globl sl__switch_stacks
    .hidden sl__switch_stacks
    .type sl__switch_stacks, %function
sl__switch_stacks: /* (void **save_sp: x0, void *load_sp: x1) */
    .cfi_startproc
    mov x11, x30
    sub sp, sp, #176
    .cfi_adjust_cfa_offset 176
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    .cfi_rel_offset x29, 80
    .cfi_rel_offset x30, 88
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mrs x9, fpcr
    str x9, [sp, #160]
    mov x10, sp
    str x10, [x0]

    /* From here on another task's frame, laid out the same. */
    mov sp, x1
    ldr x10, [sp, #160]
    cmp x9, x10
    b.eq 1f
    msr fpcr, x10
1:  ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #176
    .cfi_adjust_cfa_offset -176
    /* As in switch_x86_64.S: ret where both switched at the same place. */
    mov x0, #0
    cmp x11, x30
    b.ne 2f
    ret
2:  br x30
    .cfi_endproc
    .size sl__switch_stacks, . - sl__switch_stacks

/* Where a new stack begins: x19 is the entry, x20 its argument. The entry
 * returns the stack pointer of whom to go on with, and this stack is done.
 * Backtraces end here. */
    .p2align 4
    .globl sl__stack_begins
    .hidden sl__stack_begins
    .type sl__stack_begins, %function
sl__stack_begins:
    .cfi_startproc
    .cfi_undefined x30
    mov x0, x20
    mov x29, xzr
    mov x30, xzr
    blr x19
    mov sp, x0
    ldr x10, [sp, #160]
    msr fpcr, x10
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #176
    mov x0, #0
    ret
    .cfi_endproc
    .size sl__stack_begins, . - sl__stack_begins

/* uint64_t sl__float_modes_now(void) */
    .p2align 4
    .globl sl__float_modes_now
    .hidden sl__float_modes_now
    .type sl__float_modes_now, %function
sl__float_modes_now:
    .cfi_startproc
    mrs x0, fpcr
    ret
    .cfi_endproc
    .size sl__float_modes_now, . - sl__float_modes_now

/* void *sl__prepare_stack(void *low: x0, size_t size: x1, entry: x2, arg: x3,
 *                         modes: x4)
 * The frame that sl__switch_stacks() expects. */
    .p2align 4
    .globl sl__prepare_stack
    .hidden sl__prepare_stack
    .type sl__prepare_stack, %function
sl__prepare_stack:
    .cfi_startproc
    add x0, x0, x1
    and x0, x0, #-16
    sub x0, x0, #176
    stp x2, x3, [x0, #0]
    stp xzr, xzr, [x0, #16]
    stp xzr, xzr, [x0, #32]
    stp xzr, xzr, [x0, #48]
    stp xzr, xzr, [x0, #64]
    adrp x9, sl__stack_begins
    add x9, x9, :lo12:sl__stack_begins
    stp xzr, x9, [x0, #80]
    stp xzr, xzr, [x0, #96]
    stp xzr, xzr, [x0, #112]
    stp xzr, xzr, [x0, #128]
    stp xzr, xzr, [x0, #144]
    str x4, [x0, #160]
    ret
    .cfi_endproc
    .size sl__prepare_stack, . - sl__prepare_stack

    .section .note.GNU-stack, "", %progbits
