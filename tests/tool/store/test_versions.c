/* Databases of other versions of the program; what they have learnt to keep. */
#include "run.h"

TEST(a_newer_database_is_refused_in_words)
{
    store_error error;

    store_close(run_open());
    alter("PRAGMA user_version = 99");
    CHECK_EQ(refused(&run_identity, false, &error), 3);
    CHECK(strstr(error.text, "newer") != NULL);
    CHECK_EQ(refused(&run_identity, true, &error), 3);
}

static int64_t version_of_file(void)
{
    char path[256];
    sqlite3 *handle;
    sqlite3_stmt *row;
    int64_t version;

    snprintf(path, sizeof path, "%s/run.db", run_path());
    CHECK_EQ(sqlite3_open(path, &handle), SQLITE_OK);
    CHECK_EQ(sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &row, NULL),
             SQLITE_OK);
    CHECK_EQ(sqlite3_step(row), SQLITE_ROW);
    version = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(handle);
    return version;
}

static void make_older(store *run)
{
    store_close(run);
    alter("DROP TABLE server; ALTER TABLE item DROP COLUMN path;"
          "ALTER TABLE item DROP COLUMN no_ra_dec;"
          "ALTER TABLE run DROP COLUMN folder;"
          "PRAGMA user_version = 4");
}

TEST(a_database_of_an_earlier_version_is_brought_up_to_date)
{
    store *run;
    store_run row;

    make_older(run_open());
    run = run_open();
    CHECK_EQ(store_note_peace(run, "a.org", 100), 0);
    CHECK_EQ(store_commit(run), 0);
    CHECK_EQ(store_read_run(run, &row), 0);
    CHECK_STR(row.command, "stars");
    store_close(run);
    CHECK(version_of_file() > 4);
}

TEST(who_looks_at_an_earlier_database_does_not_change_it)
{
    store_error error;
    store_counts counts;
    store *run;

    make_older(run_open());
    CHECK_EQ(store_view(run_path(), &run, &error), 0);
    CHECK_EQ(store_count(run, &counts), 0);
    store_close(run);
    CHECK_EQ(version_of_file(), 4);
}

TEST(a_file_that_an_earlier_version_knew_as_typed_is_still_the_same_item)
{
    const store_new_item now = { .url = "./a.png", .path = "/home/a.png" };
    const store_new_item again = { .url = "a.png", .path = "/home/a.png" };
    enum store_state state;
    int64_t id, first;
    store *run = run_open();

    first = run_plan(run, "./a.png"); /* its path is not known */
    CHECK_EQ(store_commit(run), 0);
    make_older(run);
    run = run_open();
    CHECK_EQ(store_plan(run, &now, &id, &state), 1);
    CHECK_EQ(id, first);
    CHECK_STR(run_item(run, id).address, "/home/a.png");
    CHECK_STR(run_item(run, id).url, "./a.png");
    CHECK_EQ(store_plan(run, &again, &id, &state), 1);
    CHECK_EQ(id, first);
    store_close(run);
}

TEST(a_database_that_is_too_old_is_refused_in_words)
{
    store_error error;

    store_close(run_open());
    alter("PRAGMA user_version = 3");
    CHECK_EQ(refused(&run_identity, false, &error), 3);
    CHECK(strstr(error.text, "earlier version") != NULL);
}

static void take_peace(void *arg, const char *host, int64_t left_s)
{
    int64_t *left = arg;

    CHECK_STR(host, "a.org");
    *left = left_s;
}

TEST(what_a_server_asked_for_outlasts_a_session)
{
    int64_t left = 0;
    store *run = run_open();

    CHECK_EQ(store_note_peace(run, "a.org", 10), 0);
    CHECK_EQ(store_note_peace(run, "a.org", 1000), 0);
    CHECK_EQ(store_commit(run), 0);
    store_close(run);
    run = run_open();
    CHECK_EQ(store_each_peace(run, take_peace, &left), 0);
    CHECK(left > 100 && left <= 1000);
    store_close(run);
    /* The clock was set back, or on. */
    alter("UPDATE server SET asked_at = asked_at + 100000");
    run = run_open();
    CHECK_EQ(store_each_peace(run, take_peace, &left), 0);
    CHECK_EQ(left, 1000);
    store_close(run);
    alter("UPDATE server SET asked_at = asked_at - 200000");
    run = run_open();
    left = 0;
    CHECK_EQ(store_each_peace(run, take_peace, &left), 0);
    CHECK_EQ(left, 0);
    store_close(run);
}
