/* Promises of the context room: switching keeps what a call keeps. */
#include <errno.h>
#include <fenv.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "context/context.h"
#include "context/fault.h"
#include "context/stack.h"
#include "support/old_kernel.h"
#include "support/test.h"

static sl__context native, other;
static int steps;
static uintptr_t entry_alignment;

static void *count_three(void *arg)
{
    sl__sanitize_start();
    entry_alignment = (uintptr_t)__builtin_frame_address(0) % 16;
    for (int i = 0; i < 3; i++) {
        steps += *(int *)arg;
        sl__context_switch(&other, &native);
    }
    return sl__context_end(&other, &native);
}

static sl__stack_pool pool;

static sl__stack *start(sl__entry *entry, void *arg)
{
    sl__stack *stack;

    sl__stack_pool_init(&pool, SL__STACK_DEFAULT);
    stack = sl__stack_get(&pool, 0);
    CHECK(stack != NULL);
    sl__context_make(&other, stack->low, stack->size, entry, arg,
                     sl__float_modes_now());
    return stack;
}

TEST(a_context_runs_in_turns_with_the_one_that_started_it)
{
    int step = 7;
    sl__stack *stack = start(count_three, &step);

    for (int i = 1; i <= 3; i++) {
        sl__context_switch(&native, &other);
        CHECK_EQ(steps, 7 * i);
    }
    CHECK_EQ(entry_alignment, 0);
    sl__context_switch(&native, &other);
    sl__stack_put(&pool, stack);
    sl__stack_pool_fini(&pool);
}

static void *change_rounding(void *arg)
{
    sl__sanitize_start();
    fesetround(FE_UPWARD);
    sl__context_switch(&other, &native);
    *(int *)arg = fegetround();
    return sl__context_end(&other, &native);
}

TEST(each_context_has_its_own_rounding_mode)
{
    int seen = 0;
    sl__stack *stack = start(change_rounding, &seen);

    fesetround(FE_DOWNWARD);
    sl__context_switch(&native, &other);
    CHECK_EQ(fegetround(), FE_DOWNWARD);
    sl__context_switch(&native, &other);
    CHECK_EQ(seen, FE_UPWARD);
    CHECK_EQ(fegetround(), FE_DOWNWARD);
    sl__stack_put(&pool, stack);
    sl__stack_pool_fini(&pool);
}

static void *see_rounding_first(void *arg)
{
    *(int *)arg = fegetround();
    entry_alignment = (uintptr_t)__builtin_frame_address(0) % 16;
    return change_rounding(arg);
}

TEST(a_stack_that_starts_at_once_is_like_one_that_was_made)
{
    int seen = 0;
    sl__stack *stack;

    sl__stack_pool_init(&pool, SL__STACK_DEFAULT);
    stack = sl__stack_get(&pool, 0);
    CHECK(stack != NULL);
    fesetround(FE_DOWNWARD);
    CHECK_EQ(sl__context_start(&native, &other, stack->low, stack->size - 8,
                               see_rounding_first, &seen),
             0);
    CHECK_EQ(seen, FE_DOWNWARD);
    CHECK_EQ(entry_alignment, 0);
    CHECK_EQ(fegetround(), FE_DOWNWARD);
    CHECK_EQ(sl__context_switch(&native, &other), 0);
    CHECK_EQ(seen, FE_UPWARD);
    CHECK_EQ(fegetround(), FE_DOWNWARD);
    sl__stack_put(&pool, stack);
    sl__stack_pool_fini(&pool);
}

TEST(stacks_are_reused_last_in_first_out)
{
    sl__stack *a, *b;

    sl__stack_pool_init(&pool, SL__STACK_DEFAULT);
    a = sl__stack_get(&pool, 0);
    b = sl__stack_get(&pool, 0);
    CHECK(a != b && a != NULL && b != NULL);
    sl__stack_put(&pool, a);
    sl__stack_put(&pool, b);
    CHECK(sl__stack_get(&pool, 0) == b);
    CHECK(sl__stack_get(&pool, 0) == a);
    sl__stack_pool_fini(&pool);
}

/* In whatever order thousands of tasks end, the next thousands find their
 * stacks side by side. */
TEST(many_stacks_put_back_in_disorder_come_in_order)
{
    enum { N = 4500 };
    static sl__stack *stacks[N];
    int descents = 0;

    sl__stack_pool_init(&pool, SL__STACK_DEFAULT);
    for (int i = 0; i < N; i++)
        stacks[i] = sl__stack_get(&pool, 0);
    for (int i = 0; i < N; i++) /* each once: 7 and 4500 have no divisor */
        sl__stack_put(&pool, stacks[i * 7 % N]);
    for (int i = 0; i < N; i++)
        stacks[i] = sl__stack_get(&pool, 0);
    for (int i = 1; i < N; i++)
        descents += stacks[i] < stacks[i - 1];
    CHECK(descents <= 1); /* only so many bits of an address are looked at */
    for (int i = 0; i < N; i++)
        sl__stack_put(&pool, stacks[i]);
    sl__stack_pool_fini(&pool);
}

TEST(stacks_that_were_promised_are_there)
{
    enum { N = 200 };
    static sl__stack *stacks[N];
    sl__stack *other;

    sl__stack_pool_init(&pool, SL__STACK_DEFAULT);
    other = sl__stack_get(&pool, 0);
    sl__stack_put(&pool, other);
    for (int i = 0; i < N; i++)
        CHECK_EQ(sl__stack_promise(&pool), 0);
    other = sl__stack_get(&pool, 0); /* not one of those */
    for (int i = 0; i < N; i++) {
        stacks[i] = sl__stack_take(&pool);
        CHECK(stacks[i] != other && stacks[i]->size >= SL__STACK_DEFAULT_MOST);
        memset(stacks[i]->low + 64, 1, 64);
        for (int j = 0; j < i; j++)
            CHECK(stacks[j] != stacks[i]);
    }
    for (int i = 0; i < N; i++)
        sl__stack_put_pooled(&pool, stacks[i]);
    sl__stack_put_pooled(&pool, other);
    sl__stack_pool_fini(&pool);
}

static void check_sizes(sl__stack_kind kind)
{
    static const size_t sizes[] = { 1, 22 * 1024, 100000, 300000, 8 << 20 };

    sl__stack_pool_init(&pool, kind);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        sl__stack *stack = sl__stack_get(&pool, sizes[i]);

        CHECK(stack != NULL && stack->size >= sizes[i]);
        memset(stack->low + 64, 1, stack->size - 64);
        sl__stack_put(&pool, stack);
    }
    sl__stack_pool_unmap_retired(&pool);
    CHECK(sl__stack_get(&pool, (size_t)SL__STACK_SIZE_MAX + 1) == NULL);
    sl__stack_pool_fini(&pool);
}

TEST(a_stack_has_at_least_the_size_asked_for)
{
    check_sizes(SL__STACK_DEFAULT);
    check_sizes(SL__STACK_SMALL);
}

/* Whoever fills one to the last byte leaves its neighbours as they were. */
TEST(small_stacks_are_close_together_and_apart)
{
    enum { N = 200 };
    static sl__stack *stacks[N];
    size_t span;

    sl__stack_pool_init(&pool, SL__STACK_SMALL);
    for (int i = 0; i < N; i++) {
        stacks[i] = sl__stack_get(&pool, SL__STACK_SMALL_MOST);
        memset(stacks[i]->low + 64, i, stacks[i]->size - 64);
    }
    span = (size_t)((char *)stacks[63] - (char *)stacks[0]);
    CHECK(span < 64 * SL__STACK_SMALL_SIZE);
    for (int i = 0; i < N; i++) {
        CHECK_EQ((unsigned char)stacks[i]->low[64], i);
        CHECK_EQ((unsigned char)stacks[i]->low[stacks[i]->size - 1], i);
        sl__stack_put(&pool, stacks[i]);
    }
    sl__stack_pool_fini(&pool);
}

static bool is_resident(const char *address)
{
    unsigned char present;
    char *page = (char *)((uintptr_t)address & ~(uintptr_t)4095);

    CHECK_EQ(mincore(page, 4096, &present), 0);
    return present & 1;
}

static void fill_and_empty(sl__stack **stacks, int n)
{
    for (int i = 0; i < n; i++) {
        stacks[i] = sl__stack_get(&pool, 0);
        memset(stacks[i]->low + 64, 1, stacks[i]->size - 64);
    }
    for (int i = 0; i < n; i++)
        sl__stack_put(&pool, stacks[i]);
    while (sl__stack_pool_has_too_many(&pool))
        sl__stack_pool_give_back(&pool);
}

TEST(free_stacks_beyond_the_bound_keep_no_memory)
{
    enum { N = 300, KEPT = 20 };
    static sl__stack *stacks[N];
    int resident = 0, deep = 0;
    sl__stack *any;

    sl__stack_pool_init(&pool, SL__STACK_DEFAULT);
    pool.kept = KEPT;
    for (int round = 0; round < 2; round++)
        fill_and_empty(stacks, N);
    for (int i = 0; i < N; i++) {
        resident += is_resident((char *)stacks[i]);
        deep += is_resident((char *)stacks[i] - 100000);
    }
    CHECK_EQ(deep, KEPT);
    any = sl__stack_get(&pool, 0);
    /* Without guard regions the page of the record stays. */
    CHECK_EQ(resident, any->guard == SL__GUARD_REGION ? KEPT : N);
    sl__stack_put(&pool, any);
    sl__stack_pool_fini(&pool);
}

static void check_given_back(sl__stack_kind kind)
{
    enum { N = 100, KEPT = 10 };
    static sl__stack *before[N], *after[N];

    sl__stack_pool_init(&pool, kind);
    pool.kept = KEPT;
    fill_and_empty(before, N);
    for (int i = 0; i < N; i++)
        after[i] = sl__stack_get(&pool, 0);
    for (int i = 0; i < N; i++) {
        sl__stack *stack = after[i];

        CHECK(stack == before[N - 1 - i]);
        CHECK(stack->size >= pool.most);
        if (stack->guard == SL__GUARD_CANARY)
            sl__stack_check(stack);
        memset(stack->low + 64, 2, stack->size - 64);
        sl__stack_put(&pool, stack);
    }
    sl__stack_pool_fini(&pool);
}

TEST(stacks_whose_memory_was_given_back_are_as_good_as_new)
{
    /* With whichever guards this system has. */
    check_given_back(SL__STACK_DEFAULT);
    check_given_back(SL__STACK_SMALL);
}

TEST(canaries_outlive_it_that_memory_is_given_back)
{
    test_kernel_without("guards");
    check_given_back(SL__STACK_DEFAULT);
    check_given_back(SL__STACK_SMALL);
}

/* How a child ends that writes to `place`, then has its stack looked at. */
static int status_after_writing_to(char *place, const sl__stack *stack)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile char *)place = 1;
        if (stack->guard == SL__GUARD_CANARY)
            sl__stack_check(stack);
        _exit(0);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    return status;
}

static bool is_fine(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void check_guards(sl__guard wanted)
{
    sl__stack *stack;
    char *beyond;

    sl__stack_pool_init(&pool, SL__STACK_DEFAULT);
    stack = sl__stack_get(&pool, 0);
    if (wanted != SL__GUARD_NONE)
        CHECK_EQ(stack->guard, wanted);
    beyond = stack->guard == SL__GUARD_CANARY ? stack->low : stack->low - 1;
    CHECK(!is_fine(status_after_writing_to(beyond, stack)));
    CHECK(is_fine(status_after_writing_to(stack->low + 64, stack)));
    sl__stack_put(&pool, stack);
    sl__stack_pool_fini(&pool);
}

TEST(overflowing_a_stack_is_fatal)
{
    check_guards(SL__GUARD_NONE); /* whichever this system has */
}

TEST(without_guard_regions_a_page_is_the_guard)
{
    test_kernel_without("guard regions");
    check_guards(SL__GUARD_PAGE);
}

TEST(without_maps_to_spare_a_canary_is_the_guard)
{
    test_kernel_without("guards");
    check_guards(SL__GUARD_CANARY);
}
