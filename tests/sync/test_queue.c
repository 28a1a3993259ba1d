/* Promises of queues. */
#include <errno.h>
#include <stdlib.h>
#include <starling/queue.h>

#include "support/waits.h"

typedef struct job {
    int rank, number;
} job;

static int by_rank(const void *a, const void *b)
{
    return ((const job *)a)->rank - ((const job *)b)->rank;
}

static sl_queue *priority_queue(size_t capacity)
{
    return sl_queue_new_with(&(sl_queue_options){ .kind = SL_PRIORITY,
                                                  .size = sizeof(job),
                                                  .capacity = capacity,
                                                  .compare = by_rank });
}

TASK_TEST(a_lifo_queue_gives_the_newest_first)
{
    for (size_t capacity = 0; capacity <= 40; capacity += 40) {
        sl_queue *queue = sl_queue_new(SL_LIFO, sizeof(int), capacity);
        int got;

        for (int i = 0; i < 40; i++)
            CHECK_EQ(sl_queue_put(queue, &i), 0);
        for (int i = 39; i >= 0; i--) {
            CHECK_EQ(sl_queue_get(queue, &got), 0);
            CHECK_EQ(got, i);
        }
        CHECK_EQ(sl_queue_try_get(queue, &got), -EAGAIN);
        sl_queue_free(queue);
    }
    return 0;
}

TASK_TEST(a_priority_queue_gives_the_smallest_and_of_equals_the_oldest)
{
    for (size_t capacity = 0; capacity <= 500; capacity += 500) {
        sl_queue *queue = priority_queue(capacity);
        job last = { -1, -1 }, got;

        for (int i = 0; i < 500; i++)
            CHECK_EQ(sl_queue_put(queue, &(job){ i * 7919 % 13, i }), 0);
        CHECK_EQ(sl_queue_count(queue), 500);
        for (int i = 0; i < 500; i++) {
            CHECK_EQ(sl_queue_get(queue, &got), 0);
            CHECK(got.rank > last.rank ||
                  (got.rank == last.rank && got.number > last.number));
            last = got;
        }
        CHECK_EQ(sl_queue_count(queue), 0);
        sl_queue_free(queue);
    }
    return 0;
}

TASK_TEST(an_unbounded_queue_keeps_its_order_while_it_grows)
{
    sl_queue *queue = sl_queue_new(SL_FIFO, sizeof(int), 0);
    int put = 0, expected = 0, got;

    while (put < 5000) {
        for (int i = 0; i < 30; i++, put++)
            CHECK_EQ(sl_queue_put(queue, &put), 0);
        for (int i = 0; i < 11; i++) {
            CHECK_EQ(sl_queue_get(queue, &got), 0);
            CHECK_EQ(got, expected++);
        }
    }
    while (sl_queue_try_get(queue, &got) == 0)
        CHECK_EQ(got, expected++);
    CHECK_EQ(expected, put);
    sl_queue_free(queue);
    return 0;
}

TASK_TEST(elements_of_any_size_arrive_whole)
{
    static const size_t sizes[] = { 1, 3, 4, 8, 12, 16, 100 };
    unsigned char in[100], out[100];

    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (unsigned char)(i + 1);
    for (int kind = SL_FIFO; kind <= SL_LIFO; kind++)
        for (int i = 0; i < 7; i++) {
            sl_queue *queue = sl_queue_new(kind, sizes[i], 3);

            CHECK_EQ(sl_queue_put(queue, out), 0);
            CHECK_EQ(sl_queue_get(queue, out), 0);
            memset(out, 0, sizeof out);
            CHECK_EQ(sl_queue_put(queue, in), 0);
            CHECK_EQ(sl_queue_get(queue, out), 0);
            CHECK_EQ(memcmp(in, out, sizes[i]), 0);
            CHECK(sizes[i] == sizeof out || out[sizes[i]] == 0);
            sl_queue_free(queue);
        }
    return 0;
}

static int work(void *queue)
{
    int item, rc;

    while ((rc = sl_queue_get(queue, &item)) == 0) {
        rc = sl_sleep(SL_S(1));
        sl_queue_task_done(queue);
        if (rc < 0)
            break;
    }
    return rc == SL_ECLOSED ? 0 : rc;
}

TASK_TEST(a_join_waits_until_all_work_is_done)
{
    sl_queue *queue = sl_queue_new(SL_FIFO, sizeof(int), 10);
    sl_time start = sl_now();
    sl_group group;

    CHECK_EQ(sl_queue_join(queue), 0);
    sl_group_open(&group);
    for (int i = 0; i < 2; i++)
        sl_group_spawn(&group, work, queue);
    for (int i = 0; i < 6; i++)
        CHECK_EQ(sl_queue_put(queue, &i), 0);
    CHECK_EQ(sl_queue_join(queue), 0);
    CHECK_EQ(sl_now() - start, SL_S(3));
    sl_queue_shutdown(queue, false);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_queue_free(queue);
    return 0;
}

static int put_seven(void *queue)
{
    return sl_queue_put(queue, &(int){ 7 });
}

static int get_one(void *queue)
{
    return sl_queue_get(queue, &(int){ 0 });
}

static int join(void *queue)
{
    return sl_queue_join(queue);
}

TASK_TEST(waits_at_a_queue_are_cancel_points)
{
    sl_queue *queue = sl_queue_new(SL_FIFO, sizeof(int), 1);
    int got = 0;

    CHECK_EQ(cancel_while_waiting(get_one, queue), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(put_seven, queue), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(join, queue), SL_ECANCELED);
    CHECK_EQ(sl_queue_put(queue, &(int){ 1 }), 0);
    CHECK_EQ(cancel_while_waiting(join, queue), SL_ECANCELED);
    CHECK_EQ(cancel_while_waiting(put_seven, queue), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(get_one, queue), SL_ECANCELED);
    CHECK_EQ(sl_queue_try_get(queue, &got), 0);
    CHECK_EQ(got, 1);
    CHECK_EQ(sl_queue_try_get(queue, &got), -EAGAIN);
    sl_queue_free(queue);
    return 0;
}

static int drops;

static void drop(void *element)
{
    free(*(void **)element);
    drops++;
}

static sl_queue *queue_of_memory(void)
{
    sl_queue *queue = sl_queue_new_with(&(sl_queue_options){
        .kind = SL_FIFO, .size = sizeof(void *), .capacity = 4, .drop = drop });

    /* Turn the ring, so that what is in it lies around its end. */
    for (int i = 0; i < 6; i++) {
        void *memory = malloc(1);

        CHECK_EQ(sl_queue_put(queue, &memory), 0);
        if (i < 3) {
            CHECK_EQ(sl_queue_get(queue, &memory), 0);
            sl_queue_task_done(queue);
            free(memory);
        }
    }
    return queue;
}

TASK_TEST(a_graceful_shutdown_ends_with_what_is_there)
{
    sl_queue *queue = queue_of_memory();
    void *memory;

    sl_queue_shutdown(queue, false);
    CHECK_EQ(sl_queue_try_put(queue, &memory), SL_ECLOSED);
    CHECK_EQ(sl_queue_put(queue, &memory), SL_ECLOSED);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(sl_queue_get(queue, &memory), 0);
        free(memory);
    }
    CHECK_EQ(sl_queue_get(queue, &memory), SL_ECLOSED);
    CHECK_EQ(drops, 0);
    sl_queue_free(queue);
    return 0;
}

TASK_TEST(an_immediate_shutdown_drops_what_is_there)
{
    sl_queue *queue = queue_of_memory();
    sl_group group;
    sl_task *joiner;
    void *memory;

    sl_group_open(&group);
    joiner = sl_group_spawn(&group, join, queue);
    CHECK_EQ(sl_yield(), 0);
    sl_queue_shutdown(queue, false);
    CHECK_EQ(drops, 0);
    sl_queue_shutdown(queue, true);
    CHECK_EQ(drops, 3);
    CHECK_EQ(sl_task_join(joiner), 0);
    CHECK_EQ(sl_queue_get(queue, &memory), SL_ECLOSED);
    sl_queue_free(queue);
    return sl_group_close(&group);
}

TASK_TEST(a_shutdown_sends_waiting_tasks_away)
{
    sl_queue *queue = sl_queue_new(SL_FIFO, sizeof(int), 1);
    sl_group group;
    int got;

    sl_group_open(&group);
    sl_group_spawn(&group, get_one, queue);
    CHECK_EQ(sl_yield(), 0);
    sl_queue_shutdown(queue, false);
    CHECK_EQ(sl_group_close(&group), SL_ECLOSED);
    sl_queue_free(queue);

    queue = sl_queue_new(SL_FIFO, sizeof(int), 1);
    CHECK_EQ(sl_queue_put(queue, &(int){ 1 }), 0);
    sl_group_open(&group);
    sl_group_spawn(&group, put_seven, queue);
    CHECK_EQ(sl_yield(), 0);
    sl_queue_shutdown(queue, false);
    CHECK_EQ(sl_group_close(&group), SL_ECLOSED);
    CHECK_EQ(sl_queue_get(queue, &got), 0);
    CHECK_EQ(got, 1);
    CHECK_EQ(sl_queue_get(queue, &got), SL_ECLOSED);
    sl_queue_free(queue);
    return 0;
}

TASK_TEST(a_queue_that_is_freed_drops_its_elements)
{
    sl_queue_free(queue_of_memory());
    CHECK_EQ(drops, 3);
    sl_queue_free(NULL);
    return 0;
}
