/* After a kill, folder and database say the same again. */
#include "store/store.h"

#include <fcntl.h>
#include <unistd.h>

#include "run.h"

static void remove_at(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", run_path(), name);
    CHECK_EQ(unlink(path), 0);
}

/* One item that is done, the run closed. */
static int64_t finish_one(void)
{
    store *run = run_open();
    int64_t id = run_plan(run, "http://h/cat.jpg");

    CHECK_EQ(run_fetch(run, id, "cat.jpg", "meow"), 0);
    CHECK_EQ(run_end(run, id, "detected_cat.jpg"), 0);
    CHECK_EQ(store_commit(run), 0);
    store_close(run);
    return id;
}

TEST(a_finished_item_stays_finished)
{
    int64_t id = finish_one(), again;
    enum store_state state;
    store *run = run_open();

    CHECK_EQ(run_item(run, id).state, STORE_DONE);
    CHECK_EQ(store_plan(run, &(store_new_item){ .url = "http://h/cat.jpg" },
                        &again, &state),
             1);
    CHECK_EQ(state, STORE_DONE);
    CHECK_EQ(store_recovered(run)->planned, 0);
    CHECK_EQ(store_recovered(run)->orphans, 0);
    store_close(run);
}

TEST(what_was_not_committed_is_planned_and_its_files_are_gone)
{
    store *run = run_open();
    int64_t id = run_plan(run, "http://h/cat.jpg");

    CHECK_EQ(store_commit(run), 0);
    CHECK_EQ(run_fetch(run, id, "cat.jpg", "meow"), 0);
    CHECK_EQ(run_end(run, id, "detected_cat.jpg"), 0);
    store_close(run);
    CHECK(is_there("images/cat.jpg"));
    run = run_open();
    CHECK_EQ(run_item(run, id).state, STORE_PLANNED);
    CHECK(!is_there("images/cat.jpg"));
    CHECK(!is_there("processed_images/detected_cat.jpg"));
    CHECK_EQ(store_recovered(run)->orphans, 2);
    CHECK_EQ(run_fetch(run, id, "cat.jpg", "meow"), 0);
    CHECK_EQ(run_end(run, id, "detected_cat.jpg"), 0);
    CHECK_EQ(store_check(run, 1), 0);
    store_close(run);
}

TEST(unfinished_files_are_swept_and_others_files_are_not)
{
    store *run;

    finish_one();
    leave("images/cat.jpg" FILES_UNFINISHED, "me");
    leave("processed_images/x" FILES_UNFINISHED, "me");
    leave("report.html" FILES_UNFINISHED, "me");
    leave("images/notes.txt", "mine");
    leave("processed_images/detected_dog.jpg", "mine");
    run = run_open();
    CHECK_EQ(store_recovered(run)->unfinished, 3);
    CHECK(!is_there("images/cat.jpg" FILES_UNFINISHED));
    CHECK(is_there("images/notes.txt"));
    CHECK(is_there("processed_images/detected_dog.jpg"));
    store_close(run);
}

TEST(a_lost_result_is_computed_again_from_its_original)
{
    int64_t id = finish_one();
    store *run;
    store_item item;

    remove_at("processed_images/detected_cat.jpg");
    run = run_open();
    item = run_item(run, id);
    CHECK_EQ(item.state, STORE_FETCHED);
    CHECK_STR(item.original, "cat.jpg");
    CHECK(item.marked == NULL);
    CHECK_EQ(item.stars, -1);
    CHECK_EQ(store_recovered(run)->planned, 1);
    CHECK_EQ(store_check(run, 1), 0);
    CHECK_EQ(run_end(run, id, "detected_cat.jpg"), 0);
    store_close(run);
}

TEST(a_changed_original_is_fetched_again)
{
    int64_t id = finish_one();
    store *run;

    leave("images/cat.jpg", "me");
    run = run_open();
    CHECK_EQ(run_item(run, id).state, STORE_PLANNED);
    CHECK(!is_there("images/cat.jpg"));
    CHECK(!is_there("processed_images/detected_cat.jpg"));
    CHECK_EQ(store_check(run, 1), 0);
    store_close(run);
}

TEST(a_start_that_was_killed_is_no_obstacle)
{
    char path[256];
    store *run = NULL;
    store_error error;

    store_close(run_open());
    remove_at("run.db");
    leave("run.db" FILES_UNFINISHED, "half");
    snprintf(path, sizeof path, "%s/run.db-wal", run_path());
    CHECK_EQ(store_open(run_path(), &run_identity,
                        &(store_options){ .fresh = true }, &run, &error),
             0);
    CHECK(!is_there("run.db" FILES_UNFINISHED));
    store_close(run);
}
