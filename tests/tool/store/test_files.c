/* A file is whole under its name, or not there. */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

static const files_how batch = { .sync = FILES_SYNC_BATCH };

static int open_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    CHECK(fd >= 0);
    return fd;
}

static int count_entry(void *context, const char *name)
{
    (void)name;
    ++*(int *)context;
    return 0;
}

static int entries(int folder)
{
    int count = 0;

    CHECK_EQ(files_each(folder, count_entry, &count), 0);
    return count;
}

TEST(a_file_has_the_size_and_hash_of_its_stamp)
{
    int folder = open_folder(test_folder());
    files_stamp written, read;

    for (int sync = FILES_SYNC_BATCH; sync <= FILES_SYNC_OFF; sync++) {
        files_how how = { .sync = (enum files_sync)sync, .replace = true };

        CHECK_EQ(files_write(folder, "a", "starling", 8, &how, &written), 0);
        CHECK_EQ(files_read_stamp(folder, "a", &read), 0);
        CHECK_EQ(read.size, 8);
        CHECK(read.hash == written.hash);
        CHECK(read.hash == XXH64("starling", 8, 0));
    }
    CHECK_EQ(entries(folder), 1);
    close(folder);
}

TEST(a_name_that_is_taken_is_not_overwritten)
{
    int folder = open_folder(test_folder());
    files_stamp stamp;

    CHECK_EQ(files_write(folder, "a", "1", 1, &batch, NULL), 0);
    CHECK_EQ(files_write(folder, "a", "22", 2, &batch, NULL), -EEXIST);
    CHECK_EQ(files_read_stamp(folder, "a", &stamp), 0);
    CHECK_EQ(stamp.size, 1);
    CHECK_EQ(files_write(folder, "a", "22", 2, &(files_how){ .replace = true },
                         NULL),
             0);
    CHECK_EQ(files_read_stamp(folder, "a", &stamp), 0);
    CHECK_EQ(stamp.size, 2);
    CHECK_EQ(entries(folder), 1);
    close(folder);
}

TEST(names_that_lead_elsewhere_are_refused)
{
    int folder = open_folder(test_folder());

    CHECK_EQ(files_write(folder, "../a", "1", 1, &batch, NULL), -EINVAL);
    CHECK_EQ(files_write(folder, "..", "1", 1, &batch, NULL), -EINVAL);
    CHECK_EQ(files_write(folder, "", "1", 1, &batch, NULL), -EINVAL);
    CHECK_EQ(entries(folder), 0);
    close(folder);
}

TEST(a_planted_link_is_not_followed)
{
    int folder = open_folder(test_folder());
    files_stamp stamp;

    CHECK_EQ(symlinkat("target", folder, "a"), 0);
    CHECK_EQ(files_write(folder, "a", "1", 1, &batch, NULL), -EEXIST);
    CHECK_EQ(files_read_stamp(folder, "a", &stamp), -ELOOP);
    CHECK_EQ(
        files_write(folder, "a", "1", 1, &(files_how){ .replace = true }, NULL),
        0);
    CHECK_EQ(faccessat(folder, "target", F_OK, 0), -1);
    CHECK_EQ(mkfifoat(folder, "fifo", 0600), 0);
    CHECK_EQ(files_read_stamp(folder, "fifo", &stamp), -EINVAL);
    close(folder);
}

TEST(a_draft_that_is_dropped_leaves_nothing)
{
    int folder = open_folder(test_folder());
    files_draft draft;

    CHECK_EQ(files_draft_open(&draft, folder, "a"), 0);
    CHECK_EQ(files_draft_append(&draft, "12", 2), 0);
    files_draft_drop(&draft);
    files_draft_drop(&draft);
    CHECK_EQ(entries(folder), 0);
    close(folder);
}

/* As on a file system without nameless files. */
TEST(a_named_draft_keeps_the_same_promises)
{
    int folder = open_folder(test_folder());
    files_draft draft;

    for (int round = 0; round < 2; round++) {
        CHECK_EQ(files_draft_open(&draft, folder, "a"), 0);
        close(draft.fd);
        draft.named = true;
        draft.fd = openat(folder, "a" FILES_UNFINISHED,
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        CHECK_EQ(files_draft_append(&draft, "12", 2), 0);
        CHECK_EQ(files_draft_keep(&draft, &batch, NULL),
                 round == 0 ? 0 : -EEXIST);
        CHECK_EQ(entries(folder), 1);
    }
    close(folder);
}

TEST(a_sweep_takes_only_unfinished_files)
{
    int folder = open_folder(test_folder());

    CHECK_EQ(files_write(folder, "keep", "1", 1, &batch, NULL), 0);
    CHECK_EQ(files_write(folder, "a" FILES_UNFINISHED, "1", 1, &batch, NULL),
             0);
    CHECK_EQ(files_write(folder, FILES_UNFINISHED "s", "1", 1, &batch, NULL),
             0);
    CHECK_EQ(files_sweep(folder), 1);
    CHECK_EQ(entries(folder), 2);
    close(folder);
}

/* A file system of our own with 64 KiB, which only root can have. */
static int mount_tiny(const char *path, const char *options)
{
    if (unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tiny", path, "tmpfs", 0, options) < 0)
        test_skip("needs the right to mount a file system");
    return open_folder(path);
}

TEST(a_full_disk_is_named_and_leaves_nothing_under_the_final_name)
{
    int folder = mount_tiny(test_folder(), "size=64k");
    size_t size = 256 << 10;
    char *data = calloc(1, size);

    CHECK(data != NULL);
    CHECK_EQ(files_write(folder, "big", data, size, &batch, NULL), -ENOSPC);
    CHECK_EQ(entries(folder), 0);
    CHECK_EQ(files_exit_status(-ENOSPC), 75);
    CHECK_EQ(files_exit_status(-EDQUOT), 75);
    CHECK_EQ(files_exit_status(-EACCES), 3);
    CHECK_EQ(files_exit_status(-EROFS), 3);
    CHECK_STR(files_reason(-ENOSPC),
              "the disk is full: make room and start the same command again");
    /* The room is free again for what fits. */
    CHECK_EQ(files_write(folder, "small", data, 1000, &batch, NULL), 0);
    free(data);
    close(folder);
}

TEST(a_read_only_disk_is_named)
{
    int folder = mount_tiny(test_folder(), "size=64k");

    CHECK_EQ(mount(NULL, test_folder(), NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    CHECK_EQ(files_write(folder, "a", "1", 1, &batch, NULL), -EROFS);
    CHECK_EQ(files_exit_status(-EROFS), 3);
    close(folder);
}
