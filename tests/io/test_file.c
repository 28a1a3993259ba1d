/* Promises of files and folders. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/file.h>
#include <starling/thread.h>

#include "io_test.h"

static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int turn;
    char *path = paths[turn++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", test_folder(), name);
    return path;
}

IO_TEST(a_file_is_written_and_read_at_its_position)
{
    struct stat info;
    sl_file *file;
    char data[16];

    CHECK_EQ(
        sl_file_open(in_folder("a"), O_RDWR | O_CREAT | O_EXCL, 0600, &file),
        0);
    CHECK_EQ(sl_file_write(file, "hello ", 6), 0);
    CHECK_EQ(sl_file_write(file, "world", 5), 0);
    CHECK_EQ(sl_file_sync(file), 0);
    CHECK_EQ(sl_file_seek(file, 6, SEEK_SET), 6);
    CHECK_EQ(sl_file_read(file, data, sizeof data), 5);
    CHECK(memcmp(data, "world", 5) == 0);
    CHECK_EQ(sl_file_read(file, data, sizeof data), 0);
    CHECK_EQ(sl_file_seek(file, -1, SEEK_SET), -EINVAL);
    CHECK_EQ(sl_file_stat(file, &info), 0);
    CHECK_EQ(info.st_size, 11);
    CHECK_EQ(info.st_mode & 0777, 0600);
    CHECK(fcntl(sl_file_fd(file), F_GETFD) & FD_CLOEXEC);
    sl_file_close(file);
    return 0;
}

struct part_args {
    sl_file *file;
    int i;
};

static int write_part(void *arg)
{
    struct part_args *a = arg;
    char data[100], back[100];

    memset(data, 'a' + a->i % 26, sizeof data);
    CHECK_EQ(sl_file_pwrite(a->file, data, sizeof data, a->i * 100), 0);
    CHECK_EQ(sl_file_pread(a->file, back, sizeof back, a->i * 100), 100);
    CHECK(memcmp(data, back, sizeof data) == 0);
    return 0;
}

IO_TEST(many_tasks_read_and_write_one_file_at_offsets)
{
    sl_group group;
    sl_file *file;
    char data[1];

    CHECK_EQ(sl_file_open(in_folder("a"), O_RDWR | O_CREAT, 0600, &file), 0);
    sl_group_open(&group);
    for (int i = 0; i < 100; i++) {
        struct part_args args = { file, i };

        sl_group_spawn_copy(&group, write_part, &args, sizeof args);
    }
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_file_seek(file, 0, SEEK_CUR), 0); /* left alone */
    CHECK_EQ(sl_file_seek(file, 0, SEEK_END), 10000);
    CHECK_EQ(sl_file_truncate(file, 50), 0);
    CHECK_EQ(sl_file_pread(file, data, 1, 50), 0);
    CHECK_EQ(sl_file_pread(file, data, 1, -1), -EINVAL);
    CHECK_EQ(sl_file_pwrite(file, data, 1, -1), -EINVAL);
    sl_file_close(file);
    return 0;
}

IO_TEST(errors_of_files_are_passed_on)
{
    struct stat info;
    sl_file *file;
    void *data;
    size_t size;
    char byte;

    CHECK_EQ(sl_file_open(in_folder("none"), O_RDONLY, 0, &file), -ENOENT);
    CHECK_EQ(sl_file_open(test_folder(), O_RDONLY, 0, &file), 0);
    CHECK_EQ(sl_file_read(file, &byte, 1), -EISDIR);
    CHECK_EQ(sl_file_write(file, &byte, 1), -EBADF);
    sl_file_close(file);
    sl_file_close(NULL);
    CHECK_EQ(sl_path_stat(in_folder("none"), &info), -ENOENT);
    CHECK_EQ(sl_file_remove(in_folder("none")), -ENOENT);
    CHECK_EQ(sl_file_rename(in_folder("none"), in_folder("x")), -ENOENT);
    CHECK_EQ(sl_file_read_all(in_folder("none"), 10, &data, &size), -ENOENT);
    CHECK_EQ(sl_file_read_all(test_folder(), 10, &data, &size), -EISDIR);
    return 0;
}

IO_TEST(a_whole_file_is_read_up_to_a_limit)
{
    size_t size;
    void *data;

    CHECK_EQ(sl_file_write_all(in_folder("a"), "0123456789", 10, NULL), 0);
    CHECK_EQ(sl_file_read_all(in_folder("a"), 10, &data, &size), 0);
    CHECK_EQ(size, 10);
    CHECK_STR(data, "0123456789");
    free(data);
    CHECK_EQ(sl_file_read_all(in_folder("a"), SIZE_MAX, &data, &size), 0);
    free(data);
    CHECK_EQ(sl_file_read_all(in_folder("a"), 9, &data, &size), -EFBIG);
    CHECK_EQ(sl_file_write_all(in_folder("b"), "", 0, NULL), 0);
    CHECK_EQ(sl_file_read_all(in_folder("b"), 0, &data, &size), 0);
    CHECK_EQ(size, 0);
    CHECK_STR(data, "");
    free(data);
    /* Files that do not know their size. */
    CHECK_EQ(sl_file_read_all("/proc/self/maps", 1 << 20, &data, &size), 0);
    CHECK(size > 1000);
    free(data);
    CHECK_EQ(sl_file_read_all("/proc/self/maps", 100, &data, &size), -EFBIG);
    CHECK_EQ(sl_file_read_all("/dev/zero", 100000, &data, &size), -EFBIG);
    return 0;
}

IO_TEST(a_whole_file_is_replaced_at_once_or_not_at_all)
{
    sl_write_options options = { .mode = 0640, .sync = true };
    struct stat info;
    sl_folder *folder;
    size_t size;
    void *data;

    umask(022); /* the mode that is asked for is what this leaves of it */
    CHECK_EQ(sl_file_write_all(in_folder("a"), "old", 3, NULL), 0);
    CHECK_EQ(sl_file_write_all(in_folder("a"), "newer", 5, &options), 0);
    CHECK_EQ(sl_file_read_all(in_folder("a"), 10, &data, &size), 0);
    CHECK_STR(data, "newer");
    free(data);
    CHECK_EQ(sl_path_stat(in_folder("a"), &info), 0);
    CHECK_EQ(info.st_mode & 0777, 0640);
    CHECK_EQ(sl_folder_make(in_folder("taken"), 0700), 0);
    CHECK_EQ(sl_file_write_all(in_folder("taken"), "x", 1, NULL), -EISDIR);
    CHECK_EQ(sl_file_write_all(in_folder("no/such"), "x", 1, NULL), -ENOENT);
    CHECK_EQ(sl_folder_list(test_folder(), &folder), 0);
    CHECK_EQ(folder->count, 2); /* nothing half-written is left */
    sl_folder_free(folder);
    return 0;
}

IO_TEST(folders_are_listed_by_name_with_kinds)
{
    sl_folder *folder;
    char name[32];

    CHECK_EQ(sl_folder_list(test_folder(), &folder), 0);
    CHECK_EQ(folder->count, 0);
    sl_folder_free(folder);
    for (int i = 99; i >= 0; i--) {
        snprintf(name, sizeof name, "file-%02d", i);
        CHECK_EQ(sl_file_write_all(in_folder(name), "", 0, NULL), 0);
    }
    CHECK_EQ(sl_folder_make(in_folder("a folder"), 0700), 0);
    CHECK_EQ(symlink("nowhere", in_folder("link")), 0);
    CHECK_EQ(sl_folder_list(test_folder(), &folder), 0);
    CHECK_EQ(folder->count, 102);
    CHECK_STR(folder->entries[0].name, "a folder");
    CHECK_EQ(folder->entries[0].kind, SL_ENTRY_FOLDER);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "file-%02d", i);
        CHECK_STR(folder->entries[1 + i].name, name);
        CHECK_EQ(folder->entries[1 + i].kind, SL_ENTRY_FILE);
    }
    CHECK_EQ(folder->entries[101].kind, SL_ENTRY_LINK);
    sl_folder_free(folder);
    CHECK_EQ(sl_folder_list(in_folder("none"), &folder), -ENOENT);
    CHECK_EQ(sl_folder_remove(in_folder("a folder")), 0);
    CHECK_EQ(sl_folder_remove(in_folder("a folder")), -ENOENT);
    CHECK_EQ(sl_file_rename(in_folder("file-00"), in_folder("other")), 0);
    CHECK_EQ(sl_file_remove(in_folder("other")), 0);
    return 0;
}

IO_TEST(calls_are_cancelled_before_they_happen)
{
    struct stat info;
    sl_folder *folder;
    sl_file *file;
    size_t size;
    void *data;
    char byte = 'x';

    CHECK_CANCELLED_BEFORE(
        sl_file_open(in_folder("a"), O_RDWR | O_CREAT, 0600, &file));
    CHECK_EQ(access(in_folder("a"), F_OK), -1);
    CHECK_EQ(sl_file_open(in_folder("a"), O_RDWR | O_CREAT, 0600, &file), 0);
    CHECK_CANCELLED_BEFORE(sl_file_read(file, &byte, 1));
    CHECK_CANCELLED_BEFORE(sl_file_write(file, &byte, 1));
    CHECK_CANCELLED_BEFORE(sl_file_pread(file, &byte, 1, 0));
    CHECK_CANCELLED_BEFORE(sl_file_pwrite(file, &byte, 1, 0));
    CHECK_CANCELLED_BEFORE(sl_file_stat(file, &info));
    CHECK_CANCELLED_BEFORE(sl_file_sync(file));
    CHECK_CANCELLED_BEFORE(sl_file_truncate(file, 1));
    CHECK_EQ(sl_file_stat(file, &info), 0);
    CHECK_EQ(info.st_size, 0);
    sl_file_close(file);
    CHECK_CANCELLED_BEFORE(sl_path_stat(in_folder("a"), &info));
    CHECK_CANCELLED_BEFORE(sl_file_rename(in_folder("a"), in_folder("b")));
    CHECK_CANCELLED_BEFORE(sl_file_remove(in_folder("a")));
    CHECK_CANCELLED_BEFORE(sl_file_read_all(in_folder("a"), 1, &data, &size));
    CHECK_CANCELLED_BEFORE(sl_file_write_all(in_folder("a"), "x", 1, NULL));
    CHECK_CANCELLED_BEFORE(sl_folder_make(in_folder("c"), 0700));
    CHECK_CANCELLED_BEFORE(sl_folder_remove(test_folder()));
    CHECK_CANCELLED_BEFORE(sl_folder_list(test_folder(), &folder));
    CHECK_CANCELLED_BEFORE(sl_to_thread(do_nothing, NULL));
    CHECK_EQ(sl_path_stat(in_folder("a"), &info), 0);
    CHECK_EQ(info.st_size, 0);
    return 0;
}

static void cancel_each_call(sl_file *file)
{
    sl_folder *folder;
    sl_file *other;
    struct stat info;
    char byte = 'x';
    size_t size;
    void *data;

    CHECK_CANCELLED_WAITING(
        sl_file_open(in_folder("b"), O_RDWR | O_CREAT, 0600, &other));
    CHECK_CANCELLED_WAITING(sl_file_read(file, &byte, 1));
    CHECK_CANCELLED_WAITING(sl_file_write(file, &byte, 1));
    CHECK_CANCELLED_WAITING(sl_file_pread(file, &byte, 1, 0));
    CHECK_CANCELLED_WAITING(sl_file_pwrite(file, &byte, 1, 0));
    CHECK_CANCELLED_WAITING(sl_file_stat(file, &info));
    CHECK_CANCELLED_WAITING(sl_file_sync(file));
    CHECK_CANCELLED_WAITING(sl_file_truncate(file, 9));
    CHECK_CANCELLED_WAITING(sl_file_rename(in_folder("a"), in_folder("b")));
    CHECK_CANCELLED_WAITING(sl_file_remove(in_folder("a")));
    CHECK_CANCELLED_WAITING(sl_file_read_all(in_folder("a"), 1, &data, &size));
    CHECK_CANCELLED_WAITING(sl_file_write_all(in_folder("a"), "x", 1, NULL));
    CHECK_CANCELLED_WAITING(sl_path_stat("/", &info));
    CHECK_CANCELLED_WAITING(sl_folder_make(in_folder("c"), 0700));
    CHECK_CANCELLED_WAITING(sl_folder_remove(test_folder()));
    CHECK_CANCELLED_WAITING(sl_folder_list(test_folder(), &folder));
    CHECK_CANCELLED_WAITING(sl_to_thread(occupy, NULL));
}

IO_TEST(a_call_that_no_thread_has_begun_is_taken_back)
{
    struct stat info;
    sl_group group;
    sl_file *file;

    CHECK_EQ(sl_file_open(in_folder("a"), O_RDWR | O_CREAT, 0600, &file), 0);

    take_threads(&group);
    cancel_each_call(file);
    free_threads(&group);
    CHECK_EQ(access(in_folder("b"), F_OK), -1);
    CHECK_EQ(access(in_folder("c"), F_OK), -1);
    CHECK_EQ(sl_file_stat(file, &info), 0);
    CHECK_EQ(info.st_size, 0);
    sl_file_close(file);
    return 0;
}

static int read_fifo(void *arg)
{
    char data[8];

    return (int)sl_file_read(arg, data, sizeof data);
}

/* A FIFO stands for a disk that takes its time. */
IO_TEST(a_call_that_has_begun_is_waited_for_and_its_result_counts)
{
    sl_time pause = SL_MS(20);
    sl_group group;
    sl_task *task;
    sl_file *file;

    CHECK_EQ(mkfifo(in_folder("fifo"), 0600), 0);
    CHECK_EQ(sl_file_open(in_folder("fifo"), O_RDWR, 0, &file), 0);
    sl_group_open(&group);
    do { /* again if no thread had begun it yet */
        task = sl_group_spawn(&group, read_fifo, file);
        CHECK_EQ(sl_sleep(pause), 0);
        sl_task_cancel(task, NULL);
        CHECK_EQ(sl_sleep(SL_MS(5)), 0);
        pause *= 2;
    } while (sl_task_is_done(task));
    CHECK_EQ(write(sl_file_fd(file), "abc", 3), 3);
    CHECK_EQ(sl_task_join(task), 3);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_file_close(file);
    return 0;
}

static int occupy_crew(void *crew)
{
    return sl_crew_call(crew, occupy, NULL);
}

IO_TEST(a_call_on_a_crew_is_a_cancel_point)
{
    sl_crew *crew = sl_crew_new(1, "one");
    sl_group group;

    CHECK_CANCELLED_BEFORE(sl_crew_call(crew, do_nothing, NULL));
    sl_group_open(&group);
    sl_group_spawn(&group, occupy_crew, crew);
    CHECK_EQ(sl_sleep(SL_MS(5)), 0);
    CHECK_CANCELLED_WAITING(sl_crew_call(crew, do_nothing, NULL));
    free_threads(&group);
    sl_crew_free(crew);
    return 0;
}

IO_TEST(files_do_not_wait_behind_calls_that_block)
{
    struct stat info;
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < 40; i++)
        sl_group_spawn(&group, occupy_a_thread, NULL);
    CHECK_EQ(sl_yield(), 0);
    CHECK_EQ(sl_path_stat("/", &info), 0);
    free_threads(&group);
    return 0;
}
