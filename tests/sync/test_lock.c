/* Promises of locks and of locks for readers and writers. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <starling/condition.h>
#include <starling/lock.h>
#include <starling/rwlock.h>

#include "support/apart.h"
#include "support/waits.h"

static record seen;

static int acquire(void *lock)
{
    return sl_lock_acquire(lock);
}

static int acquire_release(void *lock)
{
    int rc = sl_lock_acquire(lock);

    return rc < 0 ? rc : sl_lock_release(lock);
}

struct hold_args {
    sl_lock *lock;
    char name;
};

static int hold(void *arg)
{
    struct hold_args *a = arg;
    int rc = sl_lock_acquire(a->lock);

    if (rc < 0)
        return rc;
    note(&seen, a->name);
    rc = sl_sleep(SL_S(1));
    CHECK_EQ(sl_lock_release(a->lock), 0);
    return rc;
}

TASK_TEST_IN_ORDER(a_lock_lets_one_in_at_a_time_in_the_order_of_asking)
{
    sl_lock lock = { 0 };
    sl_time start = sl_now();
    sl_group group;

    sl_group_open(&group);
    for (char c = 'a'; c < 'f'; c++)
        sl_go(&group, hold, .lock = &lock, .name = c);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_STR(seen.text, "abcde");
    CHECK_EQ(sl_now() - start, SL_S(5));
    CHECK(!sl_lock_is_held(&lock));
    return 0;
}

TASK_TEST(a_lock_that_is_taken_twice_or_given_back_by_a_stranger_says_so)
{
    sl_lock lock = { 0 };
    sl_group group;

    CHECK_EQ(sl_lock_release(&lock), -EPERM);
    CHECK_EQ(sl_lock_acquire(&lock), 0);
    CHECK_EQ(sl_lock_acquire(&lock), SL_EDEADLOCK);
    CHECK_EQ(sl_lock_try_acquire(&lock), SL_EDEADLOCK);
    sl_group_open(&group);
    sl_group_spawn(&group, acquire_release, &lock);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(sl_lock_release(&lock), 0); /* the task's from now on */
    CHECK(sl_lock_is_held(&lock));
    CHECK_EQ(sl_lock_release(&lock), -EPERM);
    CHECK_EQ(sl_lock_try_acquire(&lock), -EAGAIN);
    return sl_group_close(&group);
}

TASK_TEST(a_cancelled_waiter_of_a_lock_leaves_the_line)
{
    sl_lock lock = { 0 };

    CHECK_EQ(sl_lock_acquire(&lock), 0);
    CHECK_EQ(cancel_while_waiting(acquire, &lock), SL_ECANCELED);
    CHECK_EQ(sl_lock_release(&lock), 0);
    CHECK(!sl_lock_is_held(&lock));
    CHECK_EQ(cancel_before_waiting(acquire, &lock), SL_ECANCELED);
    CHECK(!sl_lock_is_held(&lock));
    return 0;
}

TASK_TEST(a_lock_handed_to_a_task_that_is_cancelled_then_is_its_own)
{
    sl_lock lock = { 0 };
    sl_group group;
    sl_task *task;

    CHECK_EQ(sl_lock_acquire(&lock), 0);
    sl_group_open(&group);
    task = sl_group_spawn(&group, acquire_release, &lock);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(sl_lock_release(&lock), 0);
    sl_task_cancel(task, NULL);
    CHECK_EQ(sl_task_join(task), 0);
    CHECK_EQ(sl_lock_try_acquire(&lock), 0);
    CHECK_EQ(sl_lock_release(&lock), 0);
    return sl_group_close(&group);
}

struct visit_args {
    sl_rwlock *lock;
    char name; /* lower case reads, upper case writes */
};

static int visit(void *arg)
{
    struct visit_args *a = arg;
    bool writes = a->name < 'a';
    int rc = writes ? sl_rwlock_acquire_write(a->lock)
                    : sl_rwlock_acquire_read(a->lock);

    if (rc < 0)
        return rc;
    note(&seen, a->name);
    rc = sl_sleep(SL_S(1));
    note(&seen, '.');
    CHECK_EQ(writes ? sl_rwlock_release_write(a->lock)
                    : sl_rwlock_release_read(a->lock),
             0);
    return rc;
}

TASK_TEST_IN_ORDER(readers_in_a_row_enter_together_and_nobody_overtakes)
{
    sl_rwlock lock = { 0 };
    sl_time start = sl_now();
    sl_group group;

    sl_group_open(&group);
    for (const char *c = "abXYcdZe"; *c != '\0'; c++)
        sl_go(&group, visit, .lock = &lock, .name = *c);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_STR(seen.text, "ab..X.Y.cd..Z.e.");
    CHECK_EQ(sl_now() - start, SL_S(6));
    return 0;
}

TASK_TEST_IN_ORDER(a_writer_that_is_cancelled_lets_the_readers_behind_it_in)
{
    sl_rwlock lock = { 0 };
    sl_group group;
    sl_task *writer;

    CHECK_EQ(sl_rwlock_acquire_read(&lock), 0);
    sl_group_open(&group);
    writer = sl_go(&group, visit, .lock = &lock, .name = 'X');
    sl_go(&group, visit, .lock = &lock, .name = 'a');
    sl_go(&group, visit, .lock = &lock, .name = 'b');
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_STR(seen.text, "");
    sl_task_cancel(writer, NULL);
    CHECK_EQ(sl_sleep(1), 0);
    CHECK_STR(seen.text, "ab");
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_rwlock_release_read(&lock), 0);
    CHECK_EQ(sl_rwlock_try_acquire_write(&lock), 0);
    return sl_rwlock_release_write(&lock);
}

static int acquire_read(void *lock)
{
    return sl_rwlock_acquire_read(lock);
}

static int acquire_write(void *lock)
{
    return sl_rwlock_acquire_write(lock);
}

TASK_TEST(waits_for_a_rwlock_are_cancel_points)
{
    sl_rwlock lock = { 0 };

    CHECK_EQ(cancel_before_waiting(acquire_read, &lock), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(acquire_write, &lock), SL_ECANCELED);
    CHECK_EQ(sl_rwlock_acquire_write(&lock), 0);
    CHECK_EQ(cancel_while_waiting(acquire_read, &lock), SL_ECANCELED);
    CHECK_EQ(cancel_while_waiting(acquire_write, &lock), SL_ECANCELED);
    CHECK_EQ(sl_rwlock_release_write(&lock), 0);
    CHECK_EQ(sl_rwlock_try_acquire_write(&lock), 0);
    return sl_rwlock_release_write(&lock);
}

TASK_TEST(a_rwlock_knows_its_writer)
{
    sl_rwlock lock = { 0 };

    CHECK_EQ(sl_rwlock_release_read(&lock), -EPERM);
    CHECK_EQ(sl_rwlock_release_write(&lock), -EPERM);
    CHECK_EQ(sl_rwlock_acquire_write(&lock), 0);
    CHECK_EQ(sl_rwlock_acquire_write(&lock), SL_EDEADLOCK);
    CHECK_EQ(sl_rwlock_acquire_read(&lock), SL_EDEADLOCK);
    CHECK_EQ(sl_rwlock_release_read(&lock), -EPERM);
    CHECK_EQ(sl_rwlock_release_write(&lock), 0);
    CHECK_EQ(sl_rwlock_acquire_read(&lock), 0);
    CHECK_EQ(sl_rwlock_try_acquire_read(&lock), 0);
    CHECK_EQ(sl_rwlock_try_acquire_write(&lock), -EAGAIN);
    CHECK_EQ(sl_rwlock_release_read(&lock), 0);
    CHECK_EQ(sl_rwlock_release_read(&lock), 0);
    CHECK_EQ(sl_rwlock_release_read(&lock), -EPERM);
    return 0;
}

static sl_lock kept;
static sl_condition changed;
static sl_rwlock book;

static int take_and_return(void *unused)
{
    (void)unused;
    return sl_lock_acquire(&kept);
}

static int try_and_return(void *unused)
{
    (void)unused;
    return sl_lock_try_acquire(&kept);
}

static int write_and_return(void *unused)
{
    (void)unused;
    return sl_rwlock_acquire_write(&book);
}

static int wait_and_return(void *unused)
{
    int rc = sl_lock_acquire(&kept);

    (void)unused;
    return rc < 0 ? rc : sl_condition_wait(&changed, &kept);
}

/* It gets the lock from us, the condition's waiter from a notification. */
static int spawn_careless(void *fn)
{
    sl_spawn_options named = { .name = "careless" };
    sl_group group;

    if (sl_lock_acquire(&kept) < 0 || sl_rwlock_acquire_read(&book) < 0)
        return -EIO;
    sl_group_open(&group);
    sl_group_spawn_with(&group, &named, *(sl_fn **)fn, NULL, 0);
    if (sl_yield() < 0 || sl_lock_release(&kept) < 0 ||
        sl_rwlock_release_read(&book) < 0 || sl_yield() < 0)
        return -EIO;
    sl_condition_notify_all(&changed);
    return sl_group_close(&group);
}

static int take_in_main(void *unused)
{
    return sl_run(take_and_return, unused);
}

static int run_careless(void *fn)
{
    return sl_run(spawn_careless, fn);
}

static void take_in_callback(void *unused)
{
    (void)unused;
    sl_lock_try_acquire(&kept);
}

static int call_back(void *unused)
{
    sl_call_soon(sl_loop_current(), take_in_callback, unused);
    return sl_yield();
}

static int take_outside(void *unused)
{
    return sl_run(call_back, unused);
}

TEST(a_task_that_ends_with_a_lock_is_told)
{
    sl_fn *ways[] = { take_and_return, write_and_return, wait_and_return };

    for (int i = 0; i < 3; i++) {
        CHECK(WIFSIGNALED(test_apart(run_careless, &ways[i])));
        test_check_said("task 'careless' returned without giving back a lock");
        test_check_said("the lock at 0x");
        test_check_said(", taken in ");
    }
    ways[0] = try_and_return;
    CHECK(WIFSIGNALED(test_apart(take_in_main, NULL)));
    test_check_said("task 'main' returned without giving back a lock");
    CHECK(WIFSIGNALED(test_apart(take_outside, NULL)));
    test_check_said("a lock is taken by a task");
}

enum { LOCKS = 300 }; /* more than a task's count goes to */

TASK_TEST(many_locks_are_given_back_in_any_order)
{
    static sl_lock locks[LOCKS];

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < LOCKS; i++)
            CHECK_EQ(sl_lock_acquire(&locks[i]), 0);
        for (int i = 0; i < LOCKS; i++)
            CHECK_EQ(sl_lock_release(&locks[i * 7 % LOCKS]), 0);
    }
    return 0;
}

TASK_TEST(the_task_tree_tells_who_holds_what_is_waited_for)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    sl_lock lock = { 0 };
    sl_group group;

    CHECK_EQ(sl_lock_acquire(&lock), 0);
    sl_group_open(&group);
    sl_group_spawn(&group, acquire_release, &lock);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_dump_tasks(file);
    fclose(file);
    CHECK(strstr(text, "- task: waits for lock, which 'main' holds\n"));
    free(text);
    CHECK_EQ(sl_lock_release(&lock), 0);
    return sl_group_close(&group);
}
