/* Promises of a task's first step: it gets its stack only then, and finds what
 * its spawner had when it was spawned. */
#include <errno.h>
#include <fenv.h>
#include <stdint.h>
#include <string.h>

#include <starling/clock.h>
#include <starling/group.h>

#include "sched/loop.h"
#include "support/old_kernel.h"
#include "support/tasks.h"

enum { STACKS_MAX = 8 };

typedef struct stacks_seen {
    uintptr_t frames[STACKS_MAX];
    int count, tasks;
} stacks_seen;

static int note_frame(void *arg)
{
    stacks_seen *seen = arg;
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

    seen->tasks++;
    for (int i = 0; i < seen->count; i++)
        if (seen->frames[i] == frame)
            return 0;
    CHECK(seen->count < STACKS_MAX);
    seen->frames[seen->count++] = frame;
    return 0;
}

/* The next one begins before the stack of the one that ends is free. */
TASK_TEST(a_thousand_tasks_that_do_not_wait_share_two_stacks)
{
    stacks_seen seen = { .count = 0 };
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < 1000; i++)
        sl_group_spawn(&group, note_frame, &seen);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(seen.tasks, 1000);
    CHECK(seen.count <= 2);
    return 0;
}

struct check_copy_args {
    const unsigned char *wanted;
    int *checked;
    size_t size;
    unsigned char rest[4096];
};

static int check_copy(void *arg)
{
    struct check_copy_args *args = arg;
    size_t head = offsetof(struct check_copy_args, rest);

    CHECK_EQ((uintptr_t)arg % 64, 0);
    CHECK(memcmp(args->rest, args->wanted, args->size - head) == 0);
    ++*args->checked;
    return sl_sleep(SL_MS(1));
}

/* Small copies wait in the task's record, large ones on its stack. */
TASK_TEST(arguments_of_any_size_are_those_of_the_spawn)
{
    static const size_t sizes[] = { 24, 25, 63, 64, 65, 128, 1000, 4096 };
    const int n = sizeof sizes / sizeof *sizes;
    struct check_copy_args args;
    unsigned char wanted[sizeof args.rest];
    int checked = 0;
    sl_group group;

    for (size_t i = 0; i < sizeof wanted; i++)
        wanted[i] = (unsigned char)(i * 7);
    sl_group_open(&group);
    for (int i = 0; i < n; i++) {
        args.wanted = wanted;
        args.checked = &checked;
        args.size = sizes[i];
        memcpy(args.rest, wanted, sizeof wanted);
        sl_group_spawn_copy(&group, check_copy, &args, sizes[i]);
        memset(&args, 0xee, sizeof args);
    }
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(checked, n);
    return 0;
}

static int nap(void *unused)
{
    (void)unused;
    return sl_sleep(SL_MS(1));
}

/* Not before: the next thousand tasks may come at once. */
TASK_TEST(a_loop_with_nothing_to_run_gives_memory_of_stacks_back)
{
    sl__stack_pool *stacks = &sl_loop_current()->stacks[SL__STACK_DEFAULT];
    sl_group group;

    stacks->kept = 10;
    sl_group_open(&group);
    for (int i = 0; i < 300; i++)
        sl_group_spawn(&group, nap, NULL);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK(stacks->free_count > 250 && !sl__stack_pool_has_too_many(stacks));
    return 0;
}

static int keep_errno(void *unused)
{
    sl_group group;
    int rc;

    (void)unused;
    sl_group_open(&group);
    for (int i = 0; i < 200; i++)
        sl_group_spawn(&group, nap, NULL);
    errno = EXDEV;
    rc = sl_sleep(SL_MS(10));
    CHECK_EQ(errno, EXDEV);
    CHECK_EQ(rc, 0);
    return sl_group_close(&group);
}

TEST(what_the_kernel_refuses_for_a_new_task_is_no_error_of_the_one_before)
{
    test_kernel_without("guards");
    CHECK_EQ(run_in_virtual_time(keep_errno, NULL, NULL), 0);
}

static int check_rounding(void *mode)
{
    CHECK_EQ(fegetround(), *(const int *)mode);
    fesetround(FE_TOWARDZERO); /* nobody else's business */
    return 0;
}

TASK_TEST(a_task_begins_with_the_rounding_mode_of_its_spawner)
{
    static const int nearest = FE_TONEAREST, up = FE_UPWARD;
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn(&group, check_rounding, (void *)&nearest);
    fesetround(FE_UPWARD);
    sl_group_spawn(&group, check_rounding, (void *)&up);
    sl_group_spawn_with(&group, &(sl_spawn_options){ .eager = true },
                        check_rounding, &up, sizeof up);
    CHECK_EQ(fegetround(), FE_UPWARD);
    fesetround(FE_DOWNWARD);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(fegetround(), FE_DOWNWARD);
    fesetround(FE_TONEAREST);
    return 0;
}
