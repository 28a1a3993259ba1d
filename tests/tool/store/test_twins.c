/* Promises about pictures with the same bytes, and about what they are called.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "run.h"
#include "store/names.h"

static files_stamp stamp_of(const char *body)
{
    return files_stamp_of(body, strlen(body));
}

static int64_t fetched(store *run, const char *url, const char *name,
                       const char *body)
{
    int64_t id = run_plan(run, url);

    CHECK_EQ(run_fetch(run, id, name, body), 0);
    return id;
}

TEST(a_twin_is_a_picture_that_is_done_and_has_the_same_bytes)
{
    store *run = run_open();
    int64_t first = fetched(run, "http://h/a.jpg", "a.jpg", "same");
    int64_t second = run_plan(run, "http://h/b.jpg");
    files_stamp same = stamp_of("same"), other = stamp_of("else");
    store_twin twin;

    CHECK_EQ(store_find_twin(run, second, &same, &twin), 0);
    CHECK_EQ(run_end(run, first, "detected_a.jpg"), 0);
    CHECK_EQ(store_find_twin(run, second, &other, &twin), 0);
    CHECK_EQ(store_find_twin(run, first, &same, &twin), 0);
    CHECK_EQ(store_find_twin(run, second, &same, &twin), 1);
    CHECK_EQ(twin.id, first);
    CHECK_EQ(twin.file_count, 2);
    CHECK_STR(twin.files[0].name, "a.jpg");
    CHECK_STR(twin.files[0].other, "b.jpg");
    CHECK_STR(twin.files[1].other, "detected_b.jpg");
    store_close(run);
}

TEST(a_duplicate_is_done_with_all_that_its_twin_has)
{
    store *run = run_open();
    int64_t first = fetched(run, "http://h/a.jpg", "a.jpg", "same");
    int64_t second = run_plan(run, "http://h/b.jpg");
    files_stamp same = stamp_of("same");
    files_how how = { .sync = FILES_SYNC_OFF };
    store_twin twin;
    store_item item;

    CHECK_EQ(run_end(run, first, "detected_a.jpg"), 0);
    CHECK_EQ(store_find_twin(run, second, &same, &twin), 1);
    for (int i = 0; i < twin.file_count; i++)
        CHECK_EQ(files_link(store_folder(run, twin.files[i].folder),
                            twin.files[i].name, twin.files[i].other, &how),
                 0);
    CHECK_EQ(store_mark_duplicate(run, second, &twin, 3), 0);
    item = run_item(run, second);
    CHECK_EQ(item.state, STORE_DONE);
    CHECK_STR(item.name, "b.jpg");
    CHECK_STR(item.duplicate_of, "a.jpg");
    CHECK_STR(item.original, "b.jpg");
    CHECK_STR(item.marked, "detected_b.jpg");
    CHECK_EQ(item.stars, 2);
    CHECK_EQ(item.attempts, 3);
    CHECK_EQ(item.bytes, 4);
    CHECK_EQ(store_check(run, 2), 0);
    CHECK_EQ(store_finish(run, 1), 0);
    store_close(run);
    /* The next start finds its files whole and leaves them. */
    run = run_open();
    CHECK_EQ(store_recovered(run)->planned, 0);
    CHECK(is_there("images/b.jpg") && is_there("images/a.jpg"));
    store_close(run);
}

TEST(a_link_is_one_file_with_two_names)
{
    store *run = run_open();
    int folder = store_folder(run, STORE_ORIGINALS);
    files_how how = { .sync = FILES_SYNC_ITEM };
    struct stat info;

    CHECK_EQ(files_write(folder, "a", "xyz", 3, &how, NULL), 0);
    CHECK_EQ(files_write(folder, "c", "xyz", 3, &how, NULL), 0);
    CHECK_EQ(files_link(folder, "a", "b", &how), 0);
    CHECK_EQ(files_link(folder, "a", "b", &how), 0);
    CHECK_EQ(files_link(folder, "a", "c", &how), -EEXIST);
    CHECK_EQ(files_link(folder, "nothing", "d", &how), -ENOENT);
    CHECK_EQ(fstatat(folder, "a", &info, 0), 0);
    CHECK_EQ(info.st_nlink, 2);
    CHECK_EQ(files_holds(folder, "b", "xyz", 3), 1);
    CHECK_EQ(files_holds(folder, "b", "xya", 3), 0);
    CHECK_EQ(files_holds(folder, "b", "xy", 2), 0);
    CHECK_EQ(files_holds(folder, "nothing", "xy", 2), -ENOENT);
    store_close(run);
}

static store *open_named(const char *name)
{
    store_options options = { .sync = FILES_SYNC_OFF, .name = name };
    store_error error = { 0 };
    store *made = NULL;

    CHECK_EQ(store_open(run_path(), &run_identity, &options, &made, &error), 0);
    return made;
}

static const char *planned_stem(store *run, store_new_item item)
{
    enum store_state state;
    int64_t id;

    CHECK_EQ(store_plan(run, &item, &id, &state), 0);
    return run_item(run, id).stem;
}

TEST(items_are_called_as_the_template_says_and_none_like_another)
{
    store *run = open_named("{index:3}_{host}_{title}");

    CHECK_STR(planned_stem(run, (store_new_item){ .url = "http://h/a.jpg",
                                                  .title = "M 31" }),
              "000_h_M_31");
    CHECK_STR(planned_stem(run, (store_new_item){ .url = "http://g/b.jpg" }),
              "001_g");
    store_close(run);
}

TEST(the_index_goes_on_where_it_was)
{
    store *run = open_named("x{index}");

    CHECK_STR(planned_stem(run, (store_new_item){ .url = "http://h/a" }), "x0");
    CHECK_EQ(store_commit(run), 0);
    store_close(run);
    run = open_named("x{index}");
    CHECK_STR(planned_stem(run, (store_new_item){ .url = "http://h/b" }), "x1");
    store_close(run);
}

TEST(a_name_by_content_is_given_when_the_content_is_known)
{
    store *run = open_named("{stem}-{hash}");
    files_stamp stamp = stamp_of("same");
    char wanted[64], stem[NAMES_MAX + 1] = "";
    int64_t id = run_plan(run, "http://h/a.jpg");

    snprintf(wanted, sizeof wanted, "a-%016llx",
             (unsigned long long)stamp.hash);
    CHECK(store_names_by_content(run));
    CHECK(strcmp(run_item(run, id).stem, wanted) != 0);
    CHECK_EQ(store_note_content(run, id, &stamp, stem, sizeof stem), 0);
    CHECK_STR(stem, wanted);
    CHECK_STR(run_item(run, id).stem, wanted);
    /* Two of one content and one name are told apart. */
    id = run_plan(run, "http://g/a.jpg");
    CHECK_EQ(store_note_content(run, id, &stamp, stem, sizeof stem), 0);
    strcat(wanted, "-2");
    CHECK_STR(stem, wanted);
    store_close(run);
}

TEST(stems_whose_outputs_would_meet_are_told_apart)
{
    store *run = run_open();

    CHECK_STR(planned_stem(run, (store_new_item){ .url = "http://h/x_64.jpg" }),
              "x_64");
    CHECK_STR(
        planned_stem(run, (store_new_item){ .url = "http://h/edges_x.jpg" }),
        "edges_x-2");
    CHECK_STR(
        planned_stem(run, (store_new_item){ .url = "http://h/EDGES_y.jpg" }),
        "EDGES_y");
    CHECK_STR(planned_stem(run, (store_new_item){ .url = "http://h/y_2.jpg" }),
              "y_2-2");
    store_close(run);
}
