/* run.h: a small run for the tests of the store. */
#ifndef TESTS_TOOL_STORE_RUN_H
#define TESTS_TOOL_STORE_RUN_H

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"
#include "support/test.h"

static const store_identity run_identity = { .command = "stars",
                                             .operations = "stars",
                                             .options = "threshold=2\nmax=9",
                                             .version = "0.1" };

/* The test's folder itself is not blank once a test has put things there. */
static inline const char *run_path(void)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/run", test_folder());
    return path;
}

static inline store *run_open(void)
{
    const store_options options = { .sync = FILES_SYNC_OFF,
                                    .command_line = "starling stars x" };
    store_error error = { 0 };
    store *made = NULL;

    if (store_open(run_path(), &run_identity, &options, &made, &error) < 0)
        test_fail(__FILE__, __LINE__, "store_open: %s", error.text);
    return made;
}

static inline int64_t run_plan(store *run, const char *url)
{
    enum store_state state;
    int64_t id = -1;

    CHECK_EQ(store_plan(run, &(store_new_item){ .url = url }, &id, &state), 0);
    CHECK_EQ(state, STORE_PLANNED);
    return id;
}

static inline store_item run_item(store *run, int64_t id)
{
    store_item item = { 0 };

    CHECK_EQ(store_next_item(run, id - 1, STORE_ANY, &item), 1);
    CHECK_EQ(item.id, id);
    return item;
}

/* Write and record the original of an item called `stem`. */
static inline int run_fetch(store *run, int64_t id, const char *name,
                            const char *body)
{
    store_file file = { .folder = STORE_ORIGINALS,
                        .role = "original",
                        .name = name };
    int rc = files_write(store_folder(run, STORE_ORIGINALS), name, body,
                         strlen(body), &(files_how){ .sync = FILES_SYNC_OFF },
                         &file.stamp);

    return rc < 0 ? rc
                  : store_mark_fetched(run, id,
                                       &(store_fetched){ .name = name,
                                                         .original = &file,
                                                         .stamp = &file.stamp,
                                                         .attempts = 1 });
}

/* Write and record a marked picture and two stars. */
static inline int run_end(store *run, int64_t id, const char *marked)
{
    const store_star stars[] = { { .x = 1.25, .y = 2, .flux = 9, .snr = 20 },
                                 { .x = 3.123456789, .y = 4, .flux = 8 } };
    store_file file = { .folder = STORE_PROCESSED,
                        .role = "marked",
                        .name = marked };
    store_result result = { .width = 640,
                            .height = 480,
                            .star_count = 2,
                            .true_stars = -1,
                            .stars = stars,
                            .files = &file,
                            .file_count = 1,
                            .preview = "\xff\xd8\xff",
                            .preview_size = 3 };
    int rc = files_write(store_folder(run, STORE_PROCESSED), marked, marked,
                         strlen(marked), &(files_how){ .sync = FILES_SYNC_OFF },
                         &file.stamp);

    return rc < 0 ? rc : store_mark_done(run, id, &result);
}

/* Try to open with another identity or --fresh; returns the exit status. */
static inline int refused(const store_identity *wanted, bool fresh,
                          store_error *error)
{
    store *run = NULL;
    int rc = store_open(run_path(), wanted, &(store_options){ .fresh = fresh },
                        &run, error);

    CHECK(rc < 0);
    CHECK(run == NULL);
    CHECK(strchr(error->text, '\n') == NULL);
    return error->status;
}

/* Change the database as another program would. */
static inline void alter(const char *sql)
{
    char path[256];
    sqlite3 *handle;

    snprintf(path, sizeof path, "%s/run.db", run_path());
    CHECK_EQ(sqlite3_open(path, &handle), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_close(handle), SQLITE_OK);
}

/* Put a file into the run folder. */
static inline void leave(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", run_path(), name);
    file = fopen(path, "w");
    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
}

static inline bool is_there(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", run_path(), name);
    return access(path, F_OK) == 0;
}

#endif
