/* kill -9 at any moment: nothing half-written, nothing lost, nothing twice. */
#include "store/store.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

enum { ITEMS = 60 };

static void body_of(int64_t id, char out[4096])
{
    for (int i = 0; i < 4095; i++)
        out[i] = (char)('a' + (id * 7 + i) % 26);
    out[4095] = '\0';
}

static void work_on(store *run, int64_t id, enum store_state state)
{
    char name[64], body[4096];

    if (id % 10 == 3) {
        if (store_mark_failed(run, id, "http", "404", 1) < 0)
            _exit(3);
        return;
    }
    body_of(id, body);
    snprintf(name, sizeof name, "%lld.jpg", (long long)id);
    if (state == STORE_PLANNED && run_fetch(run, id, name, body) < 0)
        _exit(4);
    snprintf(name, sizeof name, "detected_%lld.jpg", (long long)id);
    if (run_end(run, id, name) < 0)
        _exit(5);
}

static int steps_left; /* until the session kills itself; 0: never */

static void step(void)
{
    if (steps_left > 0 && --steps_left == 0)
        raise(SIGKILL);
}

/* Everything a session does; it is killed somewhere in here. */
static void work(void)
{
    const unsigned open_states =
        STORE_IN(STORE_PLANNED) | STORE_IN(STORE_FETCHED);
    store *run = run_open();
    store_item item = { 0 };
    enum store_state state;
    int64_t id;
    char url[64];

    for (int i = 1; i <= ITEMS; i++) {
        snprintf(url, sizeof url, "http://h/%d.jpg", i);
        if (store_plan(run, &(store_new_item){ .url = url }, &id, &state) < 0)
            _exit(6);
        step();
    }
    if (store_commit(run) < 0)
        _exit(7);
    while (store_next_item(run, item.id, open_states, &item) > 0) {
        work_on(run, item.id, item.state);
        if (item.id % 5 == 0 && store_commit(run) < 0)
            _exit(8);
        step();
    }
    if (store_finish(run, 1) < 0)
        _exit(9);
    store_close(run);
}

/* Killed by itself after so many steps, or by us after a time, wherever it is
 * then. Whether it came to its end before. */
static bool run_killed_after(int steps, long ns)
{
    struct timespec pause = { .tv_nsec = ns };
    pid_t child = fork();
    int status;

    if (child == 0) {
        steps_left = steps;
        work();
        _exit(0);
    }
    if (steps == 0) {
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        CHECK_EQ(WEXITSTATUS(status), 0);
    return WIFEXITED(status);
}

static int check_name(void *context, const char *name)
{
    (void)context;
    CHECK(strstr(name, FILES_UNFINISHED) == NULL);
    ++*(int *)context;
    return 0;
}

static int count_files(store *run, enum store_folder folder)
{
    int count = 0;

    CHECK_EQ(files_each(store_folder(run, folder), check_name, &count), 0);
    return count;
}

/* What must hold whenever the folder is opened. */
static store_counts check_books(void)
{
    store *run = run_open();
    store_item item = { 0 };
    store_counts counts;
    files_stamp stamp;
    int originals = 0, marked = 0;

    CHECK_EQ(store_check(run, -1), 0);
    CHECK_EQ(store_count(run, &counts), 0);
    CHECK(counts.planned == ITEMS || counts.planned == 0);
    while (store_next_item(run, item.id, STORE_ANY, &item) > 0) {
        if (item.original != NULL) {
            char body[4096];

            originals++;
            body_of(item.id, body);
            CHECK_EQ(files_read_stamp(store_folder(run, STORE_ORIGINALS),
                                      item.original, &stamp),
                     0);
            CHECK(stamp.hash == XXH64(body, 4095, 0));
        }
        marked += item.marked != NULL;
        CHECK_EQ(item.marked != NULL, item.state == STORE_DONE);
    }
    CHECK_EQ(count_files(run, STORE_ORIGINALS), originals);
    CHECK_EQ(count_files(run, STORE_PROCESSED), marked);
    store_close(run);
    return counts;
}

TEST_LIMIT(a_killed_run_ends_as_an_undisturbed_one, 60)
{
    store_counts counts;
    bool ended = run_killed_after(ITEMS + ITEMS / 4, 0);

    CHECK(!ended);
    srandom(20240601);
    /* Longer each time, so that it comes to an end on any machine. */
    for (int round = 0; !ended && round < 120; round++) {
        check_books();
        ended =
            run_killed_after(round % 4 == 0 ? random() % (2 * ITEMS) + 1 : 0,
                             random() % (300000L * (round + 10)));
    }
    if (!ended)
        work();
    counts = check_books();
    CHECK_EQ(counts.in[STORE_DONE], ITEMS - ITEMS / 10);
    CHECK_EQ(counts.in[STORE_FAILED], ITEMS / 10);
    CHECK_EQ(counts.stars, 2 * (ITEMS - ITEMS / 10));
}

/* A kill while --fresh clears must not leave a folder that nobody can use. */
TEST_LIMIT(a_killed_clearing_can_be_done_again, 60)
{
    const store_options fresh = { .fresh = true, .sync = FILES_SYNC_OFF };

    srandom(7);
    work();
    for (int round = 0; round < 20; round++) {
        struct timespec pause = { .tv_nsec = random() % 12000000 };
        pid_t child = fork();
        store_error error;
        store *run;

        if (child == 0) {
            store_open(run_path(), &run_identity, &fresh, &run, &error);
            _exit(0);
        }
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        CHECK_EQ(waitpid(child, NULL, 0), child);
        if (store_open(run_path(), &run_identity, &fresh, &run, &error) < 0)
            test_fail(__FILE__, __LINE__, "%s", error.text);
        store_close(run);
        work();
    }
}
