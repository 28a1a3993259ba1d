/* Whose folder it is, and what its rows say. */
#include "store/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

TEST(a_run_begins_in_a_folder_that_does_not_exist)
{
    store_counts counts;
    store *run = run_open();
    store_run row;

    CHECK(is_there("run.db"));
    CHECK(is_there("images"));
    CHECK(is_there("processed_images"));
    CHECK_EQ(store_read_run(run, &row), 0);
    CHECK_STR(row.command, "stars");
    CHECK_STR(row.command_line, "starling stars x");
    CHECK(row.finished_at == NULL);
    CHECK_EQ(store_count(run, &counts), 0);
    CHECK_EQ(counts.planned, 0);
    store_close(run);
}

TEST(a_second_run_is_told_who_holds_the_folder)
{
    store *run = run_open();
    store_error error;
    char pid[32];

    CHECK_EQ(refused(&run_identity, false, &error), 4);
    snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    CHECK(strstr(error.text, pid) != NULL);
    CHECK_EQ(refused(&run_identity, true, &error), 4);
    store_close(run);
    store_close(run_open());
}

TEST(the_lock_ends_with_its_process)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        run_open();
        raise(SIGKILL);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status));
    store_close(run_open());
}

TEST(fresh_refuses_a_folder_that_is_not_ours)
{
    store_error error;

    CHECK_EQ(mkdir(run_path(), 0755), 0);
    leave("thesis.txt", "years of work");
    CHECK_EQ(refused(&run_identity, true, &error), 3);
    CHECK(is_there("thesis.txt"));
    CHECK(!is_there("run.lock"));
    store_close(run_open()); /* beside other files a run may begin */
    CHECK(is_there("thesis.txt"));
}

TEST(a_strangers_database_is_not_opened)
{
    store_error error;

    CHECK_EQ(mkdir(run_path(), 0755), 0);
    alter("CREATE TABLE mine (a)");
    CHECK_EQ(refused(&run_identity, false, &error), 3);
    CHECK_EQ(refused(&run_identity, true, &error), 3);
    CHECK(!is_there("run.lock"));
}

TEST(a_run_does_not_begin_over_files_of_others)
{
    store_error error;

    CHECK_EQ(mkdir(run_path(), 0755), 0);
    leave("report.html", "mine");
    CHECK_EQ(refused(&run_identity, false, &error), 3);
    CHECK(strstr(error.text, "report.html") != NULL);
}

TEST(fresh_clears_what_is_ours_and_nothing_else)
{
    store *run = run_open();
    int64_t id = run_plan(run, "http://h/cat.jpg");
    store_counts counts;
    store_error error;

    CHECK_EQ(run_fetch(run, id, "cat.jpg", "meow"), 0);
    CHECK_EQ(run_end(run, id, "detected_cat.jpg"), 0);
    CHECK_EQ(store_commit(run), 0);
    store_close(run);
    leave("images/notes.txt", "mine");
    leave("report.html", "ours");

    CHECK_EQ(store_open(run_path(), &run_identity,
                        &(store_options){ .fresh = true }, &run, &error),
             0);
    CHECK(is_there("images/notes.txt"));
    CHECK(!is_there("images/cat.jpg"));
    CHECK(!is_there("processed_images/detected_cat.jpg"));
    CHECK(!is_there("report.html"));
    CHECK_EQ(store_count(run, &counts), 0);
    CHECK_EQ(counts.planned, 0);
    store_close(run);
}

TEST(a_damaged_database_is_refused_in_words)
{
    char path[256], noise[4096];
    store_error error;
    int fd;

    store_close(run_open());
    snprintf(path, sizeof path, "%s/run.db", run_path());
    fd = open(path, O_WRONLY);
    memset(noise, 0x5a, sizeof noise);
    for (int page = 1; page < 4; page++)
        CHECK_EQ(pwrite(fd, noise, sizeof noise, page * 4096), 4096);
    close(fd);
    CHECK_EQ(refused(&run_identity, false, &error), 3);
    CHECK(strstr(error.text, "damaged") != NULL);
}

TEST(another_operation_is_refused_with_the_difference)
{
    store_identity wanted = run_identity;
    store_error error;

    store_close(run_open());
    wanted.options = "threshold=2\nmax=10";
    CHECK_EQ(refused(&wanted, false, &error), 2);
    CHECK(strstr(error.text, "'max=9' there, 'max=10'") != NULL);
    wanted = run_identity;
    wanted.operations = "thumbs";
    CHECK_EQ(refused(&wanted, false, &error), 2);
    CHECK(strstr(error.text, "operations: 'stars'") != NULL);
    wanted = run_identity;
    wanted.version = "0.2"; /* an upgrade is no difference */
    store *run = NULL;
    CHECK_EQ(
        store_open(run_path(), &wanted, &(store_options){ 0 }, &run, &error),
        0);
    store_close(run);
}

TEST(a_folder_that_cannot_be_made_is_named)
{
    store_error error;
    store *run = NULL;

    CHECK_EQ(store_open("/proc/nothing/run", &run_identity,
                        &(store_options){ 0 }, &run, &error),
             -ENOENT);
    CHECK_EQ(error.status, 3);
    CHECK(strstr(error.text, "/proc/nothing/run") != NULL);
}

TEST(the_same_url_is_the_same_item)
{
    store *run = run_open();
    int64_t id = run_plan(run, "http://h.example/a.jpg"), again = 0;
    enum store_state state;

    CHECK_EQ(
        store_plan(run,
                   &(store_new_item){ .url = "HTTP://H.example:80/a.jpg#top" },
                   &again, &state),
        1);
    CHECK_EQ(again, id);
    CHECK(run_plan(run, "http://h.example/A.jpg") != id);
    CHECK(run_plan(run, "https://h.example/a.jpg") != id);
    store_close(run);
}

TEST(names_stay_apart_also_without_case_or_extension)
{
    store *run = run_open();
    const char *const urls[] = { "http://a/cat.jpg", "http://b/cat.png",
                                 "http://c/CAT-2.gif", "http://d/cat.jpg",
                                 "http://e/Cat" };
    const char *const names[] = { "cat.jpg", "cat-2.png", "CAT-2-2.gif",
                                  "cat-3.jpg", "Cat-4" };

    for (int i = 0; i < 5; i++)
        CHECK_STR(run_item(run, run_plan(run, urls[i])).name, names[i]);
    store_close(run);
}

TEST(a_secret_in_a_url_is_not_in_the_folder)
{
    store *run = run_open();
    int64_t first = run_plan(run, "http://h/a.jpg?token=one-secret");
    int64_t second = run_plan(run, "http://h/a.jpg?token=two-secret");
    store_new_item again = { .url = "http://h/a.jpg?token=two-secret" };
    enum store_state state;
    store_item item;
    char command[256];

    CHECK(first != second);
    CHECK_EQ(store_mark_failed(run, first, "http",
                               "404 for http://h/a.jpg?token=one-secret", 1),
             0);
    CHECK_EQ(store_commit(run), 0);
    item = run_item(run, first);
    CHECK_STR(item.url, "http://h/a.jpg?token=***");
    CHECK_STR(item.reason, "404 for http://h/a.jpg?token=***");
    CHECK(item.address == NULL); /* nobody needs it any more */
    CHECK_STR(run_item(run, second).address, "http://h/a.jpg?token=two-secret");
    store_close(run);

    run = run_open();
    CHECK(run_item(run, second).address == NULL);
    CHECK_EQ(store_plan(run, &again, &second, &state), 1);
    CHECK_STR(run_item(run, second).address, "http://h/a.jpg?token=two-secret");
    store_close(run);
    snprintf(command, sizeof command, "! grep -rq 'e-secret\\|o-secret' %s",
             run_path());
    CHECK_EQ(system(command), 0);
}

TEST(an_item_goes_from_state_to_state_and_keeps_its_results)
{
    store *run = run_open();
    int64_t id = run_plan(run, "http://h/cat.jpg");
    store_item item;

    CHECK_EQ(run_fetch(run, id, "cat.jpg", "meow"), 0);
    CHECK_EQ(run_item(run, id).state, STORE_FETCHED);
    CHECK_EQ(run_end(run, id, "detected_cat.jpg"), 0);
    CHECK_EQ(store_commit(run), 0);
    item = run_item(run, id);
    CHECK_EQ(item.state, STORE_DONE);
    CHECK_STR(item.original, "cat.jpg");
    CHECK_STR(item.marked, "detected_cat.jpg");
    CHECK_EQ(item.stars, 2);
    CHECK_EQ(item.true_stars, -1);
    CHECK_EQ(item.width, 640);
    CHECK_EQ(item.preview_size, 3);
    CHECK_EQ(item.attempts, 1);
    CHECK_EQ(store_check(run, 1), 0);
    store_close(run);
}

TEST(an_item_without_work_on_it_is_done_in_one_step_or_not_at_all)
{
    store *run = run_open();
    int64_t id = run_plan(run, "http://h/cat.jpg");
    files_stamp stamp = files_stamp_of("miaow", 5);
    store_file file = { STORE_ORIGINALS, "original", "dog.jpg", stamp };
    store_fetched fetched = { .name = "cat.jpg",
                              .original = &file,
                              .stamp = &stamp,
                              .etag = "\"v1\"",
                              .attempts = 2 };
    store_result result = {
        .width = -1, .star_count = -1, .true_stars = -1, .fetched = &fetched
    };
    store_item item;

    CHECK_EQ(store_mark_done(run, id, &result), -EINVAL); /* not its name */
    item = run_item(run, id);
    CHECK(item.state == STORE_PLANNED && item.original == NULL);
    file.name = "cat.jpg";
    CHECK_EQ(store_mark_done(run, id, &result), 0);
    CHECK_EQ(store_mark_done(run, id, &result), -EINVAL);
    item = run_item(run, id);
    CHECK_EQ(item.state, STORE_DONE);
    CHECK_STR(item.original, "cat.jpg");
    CHECK_STR(item.etag, "\"v1\"");
    CHECK_EQ(item.bytes, 5);
    CHECK_EQ(item.attempts, 2);
    CHECK_EQ(item.stars, -1);
    CHECK_EQ(store_commit(run), 0);
    CHECK_EQ(store_check(run, 1), 0);
    store_close(run);
}

TEST(what_is_wrong_with_bytes_that_arrived_does_not_hide_them)
{
    store *run = run_open();
    int64_t id = run_plan(run, "http://h/cat.jpg");
    files_stamp stamp = files_stamp_of("woof", 4);

    CHECK_EQ(store_note_bytes(run, id, &stamp), 0);
    CHECK_EQ(store_mark_failed(run, id, "not-an-image", "no magic", 1), 0);
    CHECK_EQ(run_item(run, id).bytes, 4);
    CHECK(run_item(run, id).xxh64 != NULL);
    CHECK_EQ(store_plan_again(run, STORE_IN(STORE_FAILED), NULL), 1);
    CHECK_EQ(run_item(run, id).bytes, -1);
    CHECK(run_item(run, id).xxh64 == NULL);
    store_close(run);
}

TEST(a_step_that_does_not_exist_is_refused)
{
    store *run = run_open();
    int64_t id = run_plan(run, "http://h/cat.jpg");
    store_star bad = { .x = 0.0 / 0.0 };

    CHECK_EQ(store_mark_done(run, id,
                             &(store_result){ .star_count = 1, .stars = &bad }),
             -EINVAL);
    CHECK_EQ(run_item(run, id).state, STORE_PLANNED);
    CHECK_EQ(run_fetch(run, id, "dog.jpg", "woof"), -EINVAL);
    CHECK_EQ(store_mark_failed(run, id, "timeout", "too slow", 3), 0);
    CHECK_EQ(store_mark_done(run, id, &(store_result){ 0 }), -EINVAL);
    CHECK_EQ(store_failure(run)->status, 5);
    CHECK_EQ(store_mark_skipped(run, 99, "no such item"), -EINVAL);
    CHECK_EQ(run_item(run, id).state, STORE_FAILED);
    CHECK_STR(run_item(run, id).class_name, "timeout");
    store_close(run);
}

static int add_x(void *sum, const store_star *star)
{
    *(double *)sum += star->x;
    return star->x > 100;
}

TEST(stars_come_back_in_their_order_and_tidy)
{
    store *run = run_open();
    int64_t id = run_plan(run, "http://h/cat.jpg");
    double sum = 0;

    CHECK_EQ(run_end(run, id, "detected_cat.jpg"), 0);
    CHECK_EQ(store_each_star(run, id, add_x, &sum), 0);
    CHECK_NEAR(sum, 1.25 + 3.1235, 1e-12);
    store_close(run);
}

TEST(counts_and_books_balance)
{
    store *run = run_open();
    store_counts counts;
    char url[64];

    for (int i = 0; i < 20; i++) {
        snprintf(url, sizeof url, "http://h/%d.jpg", i);
        int64_t id = run_plan(run, url);

        if (i % 4 == 1)
            CHECK_EQ(store_mark_failed(run, id, "http", "404", 1), 0);
        if (i % 4 == 2)
            CHECK_EQ(store_mark_skipped(run, id, "a video"), 0);
        snprintf(url, sizeof url, "detected_%d.jpg", i);
        if (i % 4 == 3)
            CHECK_EQ(run_end(run, id, url), 0);
    }
    CHECK_EQ(store_count(run, &counts), 0);
    for (int state = 0; state < STORE_STATES; state++)
        CHECK_EQ(counts.in[state], state == STORE_FETCHED ? 0 : 5);
    CHECK_EQ(counts.stars, 10);
    CHECK_EQ(store_check(run, 20), 0);
    CHECK_EQ(store_check(run, 21), -EPROTO);
    CHECK_EQ(store_failure(run)->status, 5);
    CHECK_EQ(store_finish(run, 1.5), 0);
    store_close(run);

    alter("DELETE FROM star WHERE rank = 2");
    run = run_open();
    CHECK_EQ(store_check(run, 20), -EPROTO);
    CHECK(strstr(store_failure(run)->text, "stars") != NULL);
    store_close(run);
}

TEST(time_adds_up_over_sessions)
{
    store *run = run_open();
    store_run row;

    CHECK_EQ(store_expect_failures(run, 3), 0);
    CHECK_EQ(store_finish(run, 1.5), 0);
    store_close(run);
    run = run_open();
    CHECK_EQ(store_finish(run, 2), 0);
    CHECK_EQ(store_read_run(run, &row), 0);
    CHECK_NEAR(row.elapsed_s, 3.5, 1e-9);
    CHECK_EQ(row.expected_failures, 3);
    CHECK(row.finished_at != NULL);
    store_close(run);
}

TEST(a_run_can_be_read_while_it_goes_on)
{
    store *run = run_open(), *view = NULL;
    store_counts counts;
    store_error error;

    run_plan(run, "http://h/a.jpg");
    CHECK_EQ(store_commit(run), 0);
    run_plan(run, "http://h/b.jpg");
    CHECK_EQ(store_view(run_path(), &view, &error), 0);
    CHECK_EQ(store_count(view, &counts), 0);
    CHECK_EQ(counts.planned, 1);
    CHECK_EQ(store_expect_failures(view, 1), -EROFS);
    store_close(view);
    store_close(run);
    CHECK_EQ(store_view("/nowhere", &view, &error), -ENOENT);
    CHECK_EQ(error.status, 2);
    CHECK_EQ(store_view(test_folder(), &view, &error), -ENOENT);
    CHECK_EQ(error.status, 2);
}

TEST(failed_items_can_be_planned_again_by_class)
{
    store *run = run_open();
    int64_t a = run_plan(run, "http://h/a.jpg");
    int64_t b = run_plan(run, "http://h/b.jpg");
    store_error error;

    CHECK_EQ(run_fetch(run, a, "a.jpg", "x"), 0);
    CHECK_EQ(store_mark_failed(run, a, "timeout", "too slow", 1), 0);
    CHECK_EQ(faccessat(store_folder(run, STORE_ORIGINALS), "a.jpg", F_OK, 0),
             -1);
    CHECK_EQ(store_mark_failed(run, b, "http", "404", 1), 0);
    CHECK_EQ(store_commit(run), 0);
    store_close(run);
    CHECK_EQ(store_reopen(run_path(), &(store_options){ 0 }, &run, &error), 0);
    CHECK_EQ(store_plan_again(run, STORE_IN(STORE_FAILED), "http"), 1);
    CHECK_EQ(run_item(run, b).state, STORE_PLANNED);
    CHECK_EQ(store_plan_again(run, STORE_IN(STORE_FAILED), NULL), 1);
    CHECK_EQ(run_item(run, a).state, STORE_PLANNED);
    CHECK_EQ(store_commit(run), 0);
    store_close(run);
}

/* 300 KiB are enough to begin, not to go on. */
TEST(a_full_disk_stops_the_run_and_loses_no_committed_row)
{
    store *run;
    store_counts counts;
    int64_t committed = 0;
    char url[64];
    int rc = 0;

    if (unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tiny", test_folder(), "tmpfs", 0, "size=300k") < 0)
        test_skip("needs the right to mount a file system");
    run = run_open();
    for (int i = 0; rc == 0 && i < 100000; i++) {
        enum store_state state;
        int64_t id;

        snprintf(url, sizeof url, "http://h/%d.jpg", i);
        rc = store_plan(run, &(store_new_item){ .url = url }, &id, &state);
        if (rc == 0 && i % 10 == 9) {
            rc = store_commit(run);
            committed = rc == 0 ? i + 1 : committed;
        }
    }
    CHECK_EQ(rc, -ENOSPC);
    CHECK_EQ(store_failure(run)->status, 75);
    CHECK(strstr(store_failure(run)->text, "full") != NULL);
    CHECK_EQ(store_commit(run), -ENOSPC); /* it sticks */
    store_close(run);
    CHECK_EQ(mount(NULL, test_folder(), NULL, MS_REMOUNT, "size=4m"), 0);
    run = run_open();
    CHECK_EQ(store_count(run, &counts), 0);
    CHECK_EQ(counts.planned, committed);
    store_close(run);
}

static void note_pass(void *arg, size_t place)
{
    ((int *)arg)[place]++;
}

TEST(items_are_found_past_those_of_busy_servers)
{
    static const char *const names[] = { "a.test", "b.test:8080" };
    int passes[2] = { 0 };
    store_hosts busy = { names, 2, note_pass, passes };
    store *run = run_open();
    store_item item;
    int64_t after = 0;

    run_plan(run, "http://a.test/1");
    run_plan(run, "https://a.test:443/2");
    run_plan(run, "http://user@B.test:8080/3");
    run_plan(run, "http://c.test:80/4");
    run_plan(run, "pictures/5");
    run_plan(run, "http://a.test/6");
    CHECK_EQ(store_next_elsewhere(run, &after, STORE_ANY, &busy, &item), 1);
    CHECK_STR(item.host, "c.test");
    CHECK_EQ(after, 4);
    CHECK_EQ(store_next_elsewhere(run, &after, STORE_ANY, &busy, &item), 1);
    CHECK(item.host == NULL);
    CHECK_EQ(store_next_elsewhere(run, &after, STORE_ANY, &busy, &item), 0);
    CHECK_EQ(after, 6);
    CHECK_EQ(passes[0], 3);
    CHECK_EQ(passes[1], 1);

    CHECK_EQ(store_next_of_host(run, "a.test", 0, 6, STORE_ANY, &item), 1);
    CHECK_EQ(item.id, 1);
    CHECK_EQ(store_next_of_host(run, "a.test", 2, 6, STORE_ANY, &item), 1);
    CHECK_EQ(item.id, 6);
    CHECK_EQ(store_next_of_host(run, "a.test", 2, 5, STORE_ANY, &item), 0);
    CHECK_EQ(
        store_next_of_host(run, "a.test", 0, 6, STORE_IN(STORE_DONE), &item),
        0);
    store_close(run);
}

/* A loop over the items has one statement go on; it must not matter to it what
 * is asked or changed on the way. */
TEST(a_loop_over_the_items_sees_what_changes_on_the_way)
{
    unsigned open = STORE_IN(STORE_PLANNED) | STORE_IN(STORE_FETCHED);
    store *run = run_open();
    store_item item;

    for (int i = 1; i <= 4; i++) {
        char where[16];

        snprintf(where, sizeof where, "pictures/%d", i);
        run_plan(run, where);
    }
    CHECK_EQ(store_next_item(run, 0, open, &item), 1);
    CHECK_EQ(store_next_item(run, item.id, open, &item), 1);
    CHECK_EQ(item.id, 2);
    CHECK_EQ(store_mark_failed(run, 3, "empty", "nothing", 0), 0);
    CHECK_EQ(store_next_item(run, 2, open, &item), 1);
    CHECK_EQ(item.id, 4);
    CHECK_EQ(store_next_item(run, 4, open, &item), 0);
    CHECK_EQ(store_next_item(run, 2, STORE_ANY, &item), 1);
    CHECK_EQ(item.id, 3);
    CHECK_EQ(item.state, STORE_FAILED);
    CHECK_EQ(store_next_item(run, 3, STORE_IN(STORE_FAILED), &item), 0);
    run_plan(run, "pictures/5");
    CHECK_EQ(store_next_item(run, 3, STORE_ANY, &item), 1);
    CHECK_EQ(store_commit(run), 0);
    CHECK_EQ(store_next_item(run, item.id, STORE_ANY, &item), 1);
    CHECK_EQ(item.id, 5);
    CHECK_EQ(store_next_item(run, item.id, STORE_ANY, &item), 0);
    store_close(run);
}
