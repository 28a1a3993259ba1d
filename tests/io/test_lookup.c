/* Promises of name look-ups. No test asks a name server: names come from a
 * resolver of the test's own, or are "localhost". */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/lookup.h>

#include "io/lookup.h"
#include "io_test.h"

static atomic_int calls, at_once, most_at_once;
static atomic_int asking; /* tasks that have begun to */
static atomic_bool gate;

/* Answers 127.0.0.N for names that begin with the digit N once the gate is
 * open; "none" is not known. */
static int resolve(const char *host, const char *service, sl_addresses **out)
{
    char text[] = "127.0.0.1";
    int now = atomic_fetch_add(&at_once, 1) + 1, most = most_at_once;

    atomic_fetch_add(&calls, 1);
    while (now > most &&
           !atomic_compare_exchange_weak(&most_at_once, &most, now)) {
    }
    while (!gate)
        usleep(100);
    atomic_fetch_sub(&at_once, 1);
    if (strcmp(host, "none") == 0)
        return -ENOENT;
    text[8] = host[0];
    *out = sl__addresses_new(1);
    return sl_address_parse(text, service != NULL ? 443 : 0, &(*out)->list[0]);
}

static void check_address(sl_addresses *found, const char *expected)
{
    char text[SL_ADDRESS_TEXT];

    CHECK_EQ(found->count, 1);
    CHECK_STR(sl_address_format(&found->list[0], text, sizeof text), expected);
    sl_addresses_free(found);
}

IO_TEST(numbers_need_no_look_up)
{
    sl_addresses *found;

    sl__lookup_use(resolve);
    CHECK_EQ(sl_lookup("127.0.0.1", 80, &found), 0);
    check_address(found, "127.0.0.1:80");
    CHECK_EQ(sl_lookup_service("::1", "8080", &found), 0);
    check_address(found, "[::1]:8080");
    CHECK_EQ(calls, 0);
    return 0;
}

IO_TEST(what_is_no_host_name_is_refused)
{
    static const char *const bad[] = { "",           "a name",  "a/b",
                                       "[::1]",      "a\nb",    "http://a",
                                       "1.2.3.4:80", "\xc3\xa9" };
    sl_addresses *found;

    sl__lookup_use(resolve);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_EQ(sl_lookup(bad[i], 80, &found), -EINVAL);
    CHECK_EQ(sl_lookup("1.test", 65536, &found), -EINVAL);
    CHECK_EQ(sl_lookup("127.0.0.1", -1, &found), -EINVAL);
    CHECK_EQ(sl_lookup_service("1.test", "", &found), -EINVAL);
    CHECK(strstr(sl_errmsg(), "1.test") != NULL);
    CHECK_EQ(sl_lookup_service("1.test", "99999", &found), -EINVAL);
    CHECK_EQ(calls, 0);
    return 0;
}

IO_TEST(localhost_is_this_machine)
{
    sl_addresses *found;

    CHECK_EQ(sl_lookup("localhost", 7, &found), 0);
    CHECK(found->count >= 1);
    for (int i = 0; i < found->count; i++)
        CHECK_EQ(sl_address_port(&found->list[i]), 7);
    sl_addresses_free(found);
    return 0;
}

IO_TEST(a_name_is_looked_up_with_its_port_or_service)
{
    sl_addresses *found;

    sl__lookup_use(resolve);
    gate = true;
    CHECK_EQ(sl_lookup("3.test", 80, &found), 0);
    check_address(found, "127.0.0.3:80");
    CHECK_EQ(sl_lookup_service("3.test", "https", &found), 0);
    check_address(found, "127.0.0.3:443");
    CHECK_EQ(sl_lookup_service("3.test", "81", &found), 0);
    check_address(found, "127.0.0.3:81");
    CHECK_EQ(sl_lookup("none", 80, &found), -ENOENT);
    CHECK_EQ(sl_lookup_service("none", "https", &found), -ENOENT);
    CHECK_STR(sl_errmsg(), "none: no such host, or no service 'https'");
    CHECK_EQ(calls, 5); /* nothing is kept */
    return 0;
}

static int ask(void *arg)
{
    const char *name = arg;
    sl_addresses *found;
    int rc;

    asking++;
    rc = sl_lookup(name, 1, &found);
    if (rc < 0)
        return rc;
    CHECK_EQ(found->count, 1);
    sl_addresses_free(found);
    return 0;
}

IO_TEST(who_asks_for_the_same_name_shares_the_look_up)
{
    sl_group group;

    sl__lookup_use(resolve);
    sl_group_open(&group);
    for (int i = 0; i < 50; i++)
        sl_group_spawn(&group, ask, "1.test");
    WAIT_UNTIL(asking == 50);
    gate = true;
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(calls, 1);
    return 0;
}

IO_TEST(a_cancelled_wait_leaves_the_look_up_to_the_others)
{
    sl_task *first, *second;
    sl_addresses *found;
    sl_group group;

    sl__lookup_use(resolve);
    CHECK_CANCELLED_BEFORE(sl_lookup("1.test", 1, &found));
    CHECK_CANCELLED_WAITING(sl_lookup("1.test", 1, &found));
    sl_group_open(&group);
    first = sl_group_spawn(&group, ask, "1.test");
    second = sl_group_spawn(&group, ask, "1.test");
    CHECK_EQ(sl_sleep(SL_MS(2)), 0);
    sl_task_cancel(first, NULL);
    CHECK_EQ(sl_task_join(first), SL_ECANCELED);
    gate = true;
    CHECK_EQ(sl_task_join(second), 0);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(calls, 1); /* also of the one that was cancelled before */
    return 0;
}

IO_TEST(the_service_is_cancelled_while_waiting_and_before)
{
    sl_addresses *found;

    sl__lookup_use(resolve);
    CHECK_CANCELLED_BEFORE(sl_lookup_service("1.test", "https", &found));
    CHECK_CANCELLED_WAITING(sl_lookup_service("1.test", "https", &found));
    gate = true;
    return 0;
}

IO_TEST(at_most_sixteen_names_are_looked_up_at_once)
{
    static char names[20][8];
    sl_group group;

    sl__lookup_use(resolve);
    sl_group_open(&group);
    for (int i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "1-%d", i);
        sl_group_spawn(&group, ask, names[i]);
    }
    WAIT_UNTIL(most_at_once >= 16 && asking >= 20);
    for (int i = 0, queued = 0; i < 20; i++) {
        queued += sl_lookup_is_queued(names[i]);
        CHECK(i < 19 || queued == 4);
    }
    gate = true;
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK(!sl_lookup_is_queued(names[19]));
    CHECK_EQ(most_at_once, 16);
    CHECK_EQ(calls, 20);
    return 0;
}

static int ask_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < 200; i++) {
        sl_group group;

        sl_group_open(&group);
        for (int j = 0; j < 8; j++)
            sl_group_spawn(&group, ask, j % 2 ? "1.test" : "2.test");
        if (i % 3 == 0)
            sl_group_cancel(&group);
        CHECK_EQ(sl_group_close(&group), 0);
    }
    return 0;
}

static void *run_loop(void *rc)
{
    *(int *)rc = sl_run(ask_many, NULL);
    return NULL;
}

TEST_LIMIT(loops_on_several_threads_share_look_ups, 60)
{
    pthread_t threads[3];
    int rc[3];

    sl__lookup_use(resolve);
    gate = true;
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, run_loop, &rc[i]), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        CHECK_EQ(rc[i], 0);
    }
}
