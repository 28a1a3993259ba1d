/* What a run of many items asks of its books takes no memory for each. */
#include "store/store.h"

#include <stdio.h>

#include "run.h"

enum { MANY = 3000, LITTLE = 64 << 10 };

static void name_of(int i, char out[64])
{
    snprintf(out, 64, "http://h/picture_%d.jpg", i);
}

/* Every third is done, and its only file is nowhere. */
static store *open_with_many(void)
{
    store *run = run_open();

    for (int i = 0; i < MANY; i++) {
        char url[64], name[64];
        store_file file = { .folder = STORE_PROCESSED,
                            .role = "marked",
                            .name = name,
                            .stamp = { .size = 7 } };
        store_result result = { .star_count = 2,
                                .stars = (const store_star[2]){ { 0 } },
                                .files = &file,
                                .file_count = 1 };
        int64_t id;

        name_of(i, url);
        id = run_plan(run, url);
        snprintf(name, sizeof name, "detected_picture_%d.jpg", i);
        if (i % 3 == 0)
            CHECK_EQ(store_mark_done(run, id, &result), 0);
        else if (i % 3 == 1)
            CHECK_EQ(store_mark_failed(run, id, "timeout", url, 1), 0);
        else if (i < MANY / 2)
            CHECK_EQ(store_mark_failed(run, id, "truncated", url, 1), 0);
    }
    CHECK_EQ(store_commit(run), 0);
    return run;
}

TEST(items_are_counted_without_a_list_of_them)
{
    store *run = open_with_many();
    sqlite3_int64 before = sqlite3_memory_used();
    store_class classes[4];
    store_counts counts;

    sqlite3_memory_highwater(1);
    CHECK_EQ(store_count(run, &counts), 0);
    CHECK_EQ(store_count_classes(run, classes, 4), 2);
    CHECK(sqlite3_memory_highwater(0) < before + LITTLE);
    CHECK_EQ(counts.planned, MANY);
    CHECK_EQ(counts.in[STORE_DONE], MANY / 3);
    CHECK_EQ(counts.in[STORE_FAILED], MANY / 2);
    CHECK_EQ(counts.in[STORE_PLANNED], MANY / 6);
    CHECK_EQ(counts.stars, 2 * MANY / 3);
    CHECK_STR(classes[0].name, "timeout");
    CHECK_EQ(classes[0].count, MANY / 3);
    CHECK_STR(classes[0].reason, "http://h/picture_1.jpg");
    CHECK_STR(classes[1].name, "truncated");
    CHECK_EQ(classes[1].count, MANY / 6);
    CHECK_STR(classes[1].reason, "http://h/picture_1001.jpg");
    CHECK_EQ(store_count_classes(run, classes, 1), 1);
    store_close(run);
}

TEST(all_whose_files_are_gone_are_planned_again)
{
    store *run = open_with_many();
    store_counts counts;

    store_close(run);
    run = run_open();
    CHECK_EQ(store_recovered(run)->planned, MANY / 3);
    CHECK_EQ(store_count(run, &counts), 0);
    CHECK_EQ(counts.in[STORE_DONE], 0);
    CHECK_EQ(counts.in[STORE_PLANNED], MANY / 3 + MANY / 6);
    store_close(run);
}
