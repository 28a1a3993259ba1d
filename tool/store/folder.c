/* The run folder before anything in it is believed.
 *
 * Two questions come first, and neither may leave a trace in a folder that is
 * not ours: is it ours, and does another run hold it? Ours is what has a
 * run.db with our application id, which stands at a fixed place of SQLite's
 * header, so a stranger's database is never opened. Held is what the kernel
 * says is locked: an open-file-description lock ends with its process however
 * that dies, which no pid in a file can promise. The pid in the lock file is
 * only for the message.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "text/text.h"

int folder_refuse(store_error *error, int rc, int status, const char *format,
                  ...)
{
    va_list args;

    error->status = status;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return rc;
}

static int make_with_parents(char *path)
{
    for (char *s = path + 1; *s != '\0'; s++) {
        if (*s != '/')
            continue;
        *s = '\0';
        /* A parent that cannot be made is met again at the last mkdir(). */
        mkdir(path, 0755);
        *s = '/';
    }
    return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int folder_open(const char *run_dir, bool create, run_folder *out,
                store_error *error)
{
    run_folder made = { .fds = { -1, -1, -1, -1 }, .lock = -1 };
    int rc = 0;

    text_clean(run_dir, NULL, TEXT_UTF8, made.shown, sizeof made.shown);
    if (strlen(run_dir) == 0 || strlen(run_dir) >= sizeof made.path - 64)
        return folder_refuse(error, -ENAMETOOLONG, 2,
                             "not a folder's name: '%s'", made.shown);
    strcpy(made.path, run_dir);
    if (create)
        rc = make_with_parents(made.path);
    if (rc == 0)
        made.fds[STORE_RUN] = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Absolute, so that the place stays the same if the caller moves. */
    if (rc < 0 || made.fds[STORE_RUN] < 0 ||
        realpath(run_dir, made.path) == NULL) {
        rc = rc < 0 ? rc : -errno;
        folder_close(&made);
        if (rc == -ENOENT && !create)
            return folder_refuse(error, rc, 2, "there is no folder %s",
                                 made.shown);
        return folder_refuse(error, rc, files_exit_status(rc),
                             "cannot open the folder %s: %s", made.shown,
                             files_reason(rc));
    }
    *out = made;
    return 0;
}

void folder_close(run_folder *folder)
{
    for (int i = 0; i < STORE_FOLDERS; i++) {
        if (folder->fds[i] >= 0)
            close(folder->fds[i]);
        folder->fds[i] = -1;
    }
    if (folder->lock >= 0)
        close(folder->lock);
    folder->lock = -1;
}

static unsigned big_endian(const unsigned char *at)
{
    return (unsigned)at[0] << 24 | (unsigned)at[1] << 16 |
           (unsigned)at[2] << 8 | at[3];
}

/* -ENOENT: there is none. */
static int read_header(const run_folder *folder, unsigned char header[100])
{
    int fd = openat(folder->fds[STORE_RUN], FOLDER_DATABASE,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    int rc = 0;

    if (fd < 0)
        return -errno;
    memset(header, 0, 100);
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) ||
        pread(fd, header, 100, 0) != 100)
        rc = -EINVAL;
    close(fd);
    return rc;
}

static int is_any(void *context, const char *name)
{
    (void)context;
    (void)name;
    return 1;
}

static bool is_empty_folder(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool empty = fd >= 0 && files_each(fd, is_any, NULL) == 0;

    if (fd >= 0)
        close(fd);
    return empty;
}

/* Not what a start that was killed before its database stood may leave. */
static int is_strange(void *context, const char *name)
{
    static const char unfinished[] = FOLDER_DATABASE FILES_UNFINISHED;
    const run_folder *folder = context;

    return strcmp(name, FOLDER_LOCK) != 0 &&
           strncmp(name, unfinished, sizeof unfinished - 1) != 0 &&
           !is_empty_folder(folder->fds[STORE_RUN], name);
}

int folder_look(const run_folder *folder, enum folder_kind *kind,
                store_error *error)
{
    unsigned char header[100];
    int rc = read_header(folder, header);

    if (rc == -ENOENT) {
        rc = files_each(folder->fds[STORE_RUN], is_strange, (void *)folder);
        *kind = rc == 0 ? FOLDER_BLANK : FOLDER_STRANGE;
        rc = rc < 0 ? rc : 0;
    } else if (rc == 0 && memcmp(header, "SQLite format 3", 16) == 0 &&
               big_endian(header + 68) == FOLDER_APPLICATION_ID) {
        uint32_t schema = big_endian(header + 60);

        *kind = schema > FOLDER_SCHEMA          ? FOLDER_NEWER
                : schema < FOLDER_SCHEMA_OLDEST ? FOLDER_OLDER
                                                : FOLDER_OURS;
    } else if (rc == 0 || rc == -EINVAL || rc == -ELOOP) {
        return folder_refuse(error, -EEXIST, 3,
                             "%s/" FOLDER_DATABASE
                             " is not a run of this program; use another --out",
                             folder->shown);
    }
    if (rc < 0)
        return folder_refuse(error, rc, 3, "cannot look into %s: %s",
                             folder->shown, files_reason(rc));
    return 0;
}

int folder_check_claims(const run_folder *folder, const char *const names[],
                        size_t count, store_error *error)
{
    int parent = folder->fds[STORE_RUN];
    struct stat info;

    for (size_t i = 0; i < count; i++) {
        if (fstatat(parent, names[i], &info, 0) < 0 ||
            is_empty_folder(parent, names[i]))
            continue;
        return folder_refuse(error, -EEXIST, 3,
                             "%s has a '%s' that no run of this program made; "
                             "use another --out",
                             folder->shown, names[i]);
    }
    return 0;
}

/* The lock is the kernel's; what stands in the file only tells whose it is: a
 * process, a time, a command, a line each. */
typedef struct holder {
    long pid;
    char since[32], command[256];
} holder;

static void read_holder(int fd, holder *out)
{
    char text[512] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);

    *out = (holder){ 0 };
    if (n > 0)
        sscanf(text, "%ld\n%31[^\n]\n%255[^\n]", &out->pid, out->since,
               out->command);
}

static int write_holder(int fd, const char *command_line)
{
    char text[512];
    time_t now = time(NULL);
    struct tm tm;
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    n += (int)strftime(text + n, sizeof text - (size_t)n,
                       "%Y-%m-%d %H:%M:%S UTC\n", gmtime_r(&now, &tm));
    n += snprintf(text + n, sizeof text - (size_t)n, "%.250s\n",
                  command_line != NULL ? command_line : "");
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
        return errno != 0 ? -errno : -EIO;
    return 0;
}

/* The file may have been planted: what it says is cleaned. */
static int refuse_held(const run_folder *folder, int fd, store_error *error)
{
    char since[64], command[320];
    holder holder;

    read_holder(fd, &holder);
    if (holder.pid <= 0)
        return folder_refuse(error, -EBUSY, 4, "another run holds %s",
                             folder->shown);
    text_clean(holder.since, NULL, TEXT_UTF8, since, sizeof since);
    text_clean(holder.command, NULL, TEXT_UTF8, command, sizeof command);
    return folder_refuse(error, -EBUSY, 4,
                         "another run holds %s: process %ld%s%s%s%s; wait for "
                         "it or use another --out",
                         folder->shown, holder.pid, since[0] ? ", since " : "",
                         since, command[0] ? ", " : "", command);
}

int folder_lock(run_folder *folder, const char *command_line,
                store_error *error)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd =
        openat(folder->fds[STORE_RUN], FOLDER_LOCK,
               O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    int rc = 0;

    if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &whole) < 0) {
        rc = -errno;
        if (rc == -EAGAIN || rc == -EACCES) {
            rc = refuse_held(folder, fd, error);
            close(fd);
            return rc;
        }
    }
    if (fd < 0)
        rc = -errno;
    else if (rc == 0)
        rc = write_holder(fd, command_line);
    if (rc < 0) {
        if (fd >= 0)
            close(fd);
        return folder_refuse(error, rc, files_exit_status(rc),
                             "cannot lock %s by its " FOLDER_LOCK ": %s",
                             folder->shown, files_reason(rc));
    }
    folder->lock = fd;
    return 0;
}

long folder_holder(const run_folder *folder)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = openat(folder->fds[STORE_RUN], FOLDER_LOCK,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    holder holder = { 0 };

    if (fd < 0)
        return 0;
    if (fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) {
        read_holder(fd, &holder);
        holder.pid = holder.pid > 0 ? holder.pid : -1;
    }
    close(fd);
    return holder.pid;
}

int folder_open_part(run_folder *folder, enum store_folder part,
                     const char *name, bool create, store_error *error)
{
    int parent = folder->fds[STORE_RUN];
    int rc = 0;

    if (create && mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
        rc = -errno;
    if (rc == 0)
        folder->fds[part] =
            openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (rc == 0 && folder->fds[part] < 0 && (create || errno != ENOENT))
        rc = -errno;
    if (rc < 0)
        return folder_refuse(error, rc, files_exit_status(rc),
                             "cannot open the folder %s in %s: %s", name,
                             folder->shown, files_reason(rc));
    return 0;
}

void folder_database(const run_folder *folder, const char *suffix,
                     char out[FOLDER_PATH_MAX])
{
    snprintf(out, FOLDER_PATH_MAX, "%.*s/" FOLDER_DATABASE "%s",
             FOLDER_PATH_MAX - 64, folder->path, suffix);
}
