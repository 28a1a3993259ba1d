/* Follow a file that another program writes, as tail -f does. What the kernel
 * tells of files comes out of a descriptor, and what is a descriptor can be
 * waited for: sl_stream_adopt() makes a stream of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <starling.h>

#include "shared/program.h"

enum { ENTRIES = 5 };

struct write_log_args {
    const char *path;
};

static int write_log(void *arg)
{
    struct write_log_args *args = arg;
    sl_file *log;
    int rc = sl_file_open(args->path, O_WRONLY | O_APPEND, 0, &log);

    if (rc < 0)
        return rc;
    for (int i = 1; i <= ENTRIES && rc == 0; i++) {
        char entry[32];
        int size = snprintf(entry, sizeof entry, "entry %d\n", i);

        rc = sl_sleep(scaled(SL_MS(50)));
        if (rc == 0)
            rc = sl_file_write(log, entry, (size_t)size);
    }
    sl_file_close(log);
    return rc;
}

static int watch(const char *path, sl_stream **out)
{
    int fd = inotify_init1(IN_CLOEXEC), rc = fd < 0 ? -errno : 0;

    if (rc == 0 && inotify_add_watch(fd, path, IN_MODIFY) < 0)
        rc = -errno;
    if (rc == 0)
        rc = sl_stream_adopt(fd, out);
    if (rc < 0 && fd >= 0)
        close(fd);
    return rc;
}

/* Print what has come since. Returns how many lines end in it. */
static int print_new(sl_file *log)
{
    char text[4096];
    ssize_t n;
    int lines = 0;

    while ((n = sl_file_read(log, text, sizeof text)) > 0) {
        fwrite(text, 1, (size_t)n, stdout);
        for (ssize_t i = 0; i < n; i++)
            lines += text[i] == '\n';
    }
    return n < 0 ? (int)n : lines;
}

/* What the events say is of no interest here, only that there are some. Those
 * that came while the file was read wait in the descriptor: none is missed. */
static int follow(sl_stream *events, sl_file *log)
{
    char told[4096];
    int lines = 0, rc;

    while ((rc = print_new(log)) >= 0) {
        lines += rc;
        if (lines == ENTRIES)
            return 0;
        rc = (int)sl_stream_read(events, told, sizeof told);
        if (rc < 0)
            break;
    }
    return rc;
}

static int follow_path(const char *path)
{
    sl_stream *events;
    sl_file *log;
    sl_group group;
    int rc = sl_file_open(path, O_RDONLY, 0, &log), closed;

    if (rc < 0)
        return rc;
    rc = watch(path, &events);
    if (rc == 0) {
        sl_group_open(&group);
        sl_go(&group, write_log, .path = path);
        rc = follow(events, log);
        closed = sl_group_close(&group);
        sl_stream_close(events);
        rc = rc < 0 ? rc : closed;
    }
    sl_file_close(log);
    return rc;
}

static int app(void *unused)
{
    char path[] = "/tmp/starling-log-XXXXXX";
    int fd = mkstemp(path), rc;

    (void)unused;
    if (fd < 0)
        return sl_fail(-errno, "%s: %s", path, strerror(errno));
    close(fd);
    rc = follow_path(path);
    unlink(path);
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "watcher");
    return sl_main(argc, argv, app, NULL);
}
