/* Whole files under final names.
 *
 * A run can be killed between any two instructions, so a name in the output
 * folder has to be a promise: what stands there is complete. The bytes go to
 * a nameless file (O_TMPFILE), which the kernel forgets when we die, and
 * linkat() makes it visible in one step. File systems without that (NFS, vfat,
 * overlays of old kernels) get a file with our suffix and a rename; the sweep
 * at the next start knows the suffix.
 *
 * Without `replace`, a name that is taken is an error and not overwritten: the
 * store has removed our own leftovers before, so the file is somebody else's.
 */
#include "store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_LIMIT = 240, /* with the suffix still a legal name */
    READ_CHUNK = 64 << 10
};

static bool is_plain_name(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= NAME_LIMIT && strchr(name, '/') == NULL &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void unfinished_name(const char *name, char out[256])
{
    snprintf(out, 256, "%.*s" FILES_UNFINISHED, NAME_LIMIT, name);
}

static bool has_proc;

static void look_for_proc(void)
{
    has_proc = access("/proc/self/fd", X_OK) == 0;
}

/* A nameless file gets its name through /proc. */
static int open_nameless(int folder)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, look_for_proc);
    return has_proc
               ? openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644)
               : -1;
}

/* Whatever the reason that a nameless file could not be had, the named one
 * meets it as well and reports it. The leftover of an earlier attempt is ours
 * by its suffix; removing it first means O_EXCL never follows a planted link.
 */
static int open_named(int folder, const char *name)
{
    char path[256];
    int fd;

    unfinished_name(name, path);
    if (unlinkat(folder, path, 0) < 0 && errno != ENOENT)
        return -errno;
    fd = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    return fd < 0 ? -errno : fd;
}

int files_scratch(int folder)
{
    static const char name[] = "scratch" FILES_UNFINISHED;
    int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
        return -errno;
    fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    unlinkat(folder, name, 0); /* else it is swept at the next start */
    return fd;
}

static int open_draft(files_draft *draft, int folder, const char *name)
{
    files_draft made = { .folder = folder };

    *draft = (files_draft){ .fd = -1 };
    if (!is_plain_name(name))
        return -EINVAL;
    strcpy(made.name, name);
    made.fd = open_nameless(folder);
    if (made.fd < 0) {
        made.named = true;
        made.fd = open_named(folder, name);
    }
    if (made.fd < 0)
        return made.fd;
    *draft = made;
    return 0;
}

int files_draft_open(files_draft *draft, int folder, const char *name)
{
    int rc = open_draft(draft, folder, name);

    if (rc < 0)
        return rc;
    draft->hash = XXH64_createState();
    if (draft->hash == NULL) {
        files_draft_drop(draft);
        return -ENOMEM;
    }
    XXH64_reset(draft->hash, 0);
    return 0;
}

static int write_bytes(files_draft *draft, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t n = write(draft->fd, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

int files_draft_append(files_draft *draft, const void *data, size_t size)
{
    int rc = write_bytes(draft, data, size);

    if (rc < 0)
        return rc;
    XXH64_update(draft->hash, data, size);
    draft->size += size;
    return 0;
}

/* `from` becomes the final name if that is free. Old kernels and some file
 * systems know neither way of refusing; they get a look and a plain rename,
 * which is as good as they can do. */
static int rename_if_free(int folder, const char *from, const char *name)
{
    struct stat info;

    if (renameat2(folder, from, folder, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return -errno;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        return -EEXIST;
    return renameat(folder, from, folder, name) < 0 ? -errno : 0;
}

static int link_as(const files_draft *draft, const char *name)
{
    char self[32];

    /* By the descriptor alone it is cheaper, where the kernel lets us: ENOENT
     * is its way of saying no. */
    if (linkat(draft->fd, "", draft->folder, name, AT_EMPTY_PATH) == 0)
        return 0;
    if (errno != ENOENT && errno != EPERM && errno != EINVAL)
        return -errno;
    snprintf(self, sizeof self, "/proc/self/fd/%d", draft->fd);
    if (linkat(AT_FDCWD, self, draft->folder, name, AT_SYMLINK_FOLLOW) < 0)
        return -errno;
    return 0;
}

static int give_name(files_draft *draft, bool replace)
{
    char path[256];
    int rc = 0;

    if (!draft->named && !replace)
        return link_as(draft, draft->name);
    unfinished_name(draft->name, path);
    if (!draft->named) {
        /* linkat() cannot replace, so it takes the way over our suffix. */
        if (unlinkat(draft->folder, path, 0) < 0 && errno != ENOENT)
            return -errno;
        rc = link_as(draft, path);
        if (rc < 0)
            return rc;
        draft->named = true;
    }
    if (!replace)
        rc = rename_if_free(draft->folder, path, draft->name);
    else if (renameat(draft->folder, path, draft->folder, draft->name) < 0)
        rc = -errno;
    if (rc == 0)
        draft->named = false; /* nothing left to remove */
    return rc;
}

/* A network file system may report only at close that it had no room. */
static int close_early(files_draft *draft)
{
    int fd = draft->fd;

    if (!draft->named)
        return 0; /* the descriptor is all there is; and such disks are local */
    draft->fd = -1;
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

static int finish(files_draft *draft, const files_how *how)
{
    bool each = how->sync == FILES_SYNC_ITEM;
    int rc = 0;

    if (each && fsync(draft->fd) < 0)
        rc = -errno;
    if (rc == 0)
        rc = close_early(draft);
    if (rc == 0)
        rc = give_name(draft, how->replace);
    if (rc == 0 && each && fsync(draft->folder) < 0)
        rc = -errno;
    files_draft_drop(draft);
    return rc;
}

int files_draft_keep(files_draft *draft, const files_how *how,
                     files_stamp *stamp)
{
    files_stamp made = { .size = draft->size,
                         .hash = XXH64_digest(draft->hash) };
    int rc = finish(draft, how);

    if (rc == 0 && stamp != NULL)
        *stamp = made;
    return rc;
}

void files_draft_drop(files_draft *draft)
{
    char path[256];

    if (draft->named) {
        /* Should this fail, the sweep at the next start finds it. */
        unfinished_name(draft->name, path);
        unlinkat(draft->folder, path, 0);
    }
    if (draft->fd >= 0)
        close(draft->fd);
    XXH64_freeState(draft->hash);
    *draft = (files_draft){ .fd = -1 };
}

int files_write(int folder, const char *name, const void *data, size_t size,
                const files_how *how, files_stamp *stamp)
{
    files_draft draft;
    int rc = open_draft(&draft, folder, name);

    if (rc < 0)
        return rc;
    rc = write_bytes(&draft, data, size);
    if (rc < 0) {
        files_draft_drop(&draft);
        return rc;
    }
    rc = finish(&draft, how);
    if (rc == 0 && stamp != NULL)
        *stamp = how->known != NULL ? *how->known : files_stamp_of(data, size);
    return rc;
}

static int hash_all(int fd, XXH64_state_t *state, files_stamp *stamp)
{
    char chunk[READ_CHUNK];
    files_stamp made = { 0 };

    XXH64_reset(state, 0);
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        XXH64_update(state, chunk, (size_t)n);
        made.size += (uint64_t)n;
    }
    made.hash = XXH64_digest(state);
    *stamp = made;
    return 0;
}

int files_read_stamp(int folder, const char *name, files_stamp *stamp)
{
    /* O_NONBLOCK: a FIFO of that name must not hold us up. */
    int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    XXH64_state_t *state;
    struct stat info;
    int rc;

    if (fd < 0)
        return -errno;
    state = XXH64_createState();
    if (state == NULL)
        rc = -ENOMEM;
    else if (fstat(fd, &info) < 0)
        rc = -errno;
    else if (!S_ISREG(info.st_mode))
        rc = -EINVAL;
    else
        rc = hash_all(fd, state, stamp);
    XXH64_freeState(state);
    close(fd);
    return rc;
}

files_stamp files_stamp_of(const void *data, size_t size)
{
    return (files_stamp){ .size = size, .hash = XXH64(data, size, 0) };
}

static int compare_all(int fd, const char *data, size_t size)
{
    char chunk[READ_CHUNK];

    while (size > 0) {
        ssize_t n = read(fd, chunk, size < sizeof chunk ? size : sizeof chunk);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0 || memcmp(chunk, data, (size_t)n) != 0)
            return 0;
        data += n;
        size -= (size_t)n;
    }
    return 1;
}

int files_holds(int folder, const char *name, const void *data, size_t size)
{
    int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    int rc = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) < 0)
        rc = -errno;
    else if (S_ISREG(info.st_mode) && (uint64_t)info.st_size == size)
        rc = compare_all(fd, data, size);
    close(fd);
    return rc;
}

static bool is_same_file(int folder, const char *name, const char *second)
{
    struct stat a, b;

    return fstatat(folder, name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(folder, second, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int files_link(int folder, const char *name, const char *second,
               const files_how *how)
{
    if (linkat(folder, name, folder, second, 0) < 0) {
        if (errno == EEXIST && is_same_file(folder, name, second))
            return 0; /* made by a session that was killed */
        return errno == EPERM || errno == EMLINK || errno == ENOSYS
                   ? -EOPNOTSUPP
                   : -errno;
    }
    return how->sync == FILES_SYNC_ITEM && fsync(folder) < 0 ? -errno : 0;
}

int files_each(int folder, int (*fn)(void *context, const char *name),
               void *context)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    int rc = 0;

    if (entries == NULL) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    while (rc == 0 && (errno = 0, entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = fn(context, entry->d_name);
    }
    if (rc == 0 && entry == NULL && errno != 0)
        rc = -errno;
    closedir(entries);
    return rc;
}

typedef struct {
    int folder, removed;
} sweep;

static int remove_unfinished(void *context, const char *name)
{
    const size_t suffix = sizeof FILES_UNFINISHED - 1;
    size_t n = strlen(name);
    sweep *s = context;

    if (n <= suffix || strcmp(name + n - suffix, FILES_UNFINISHED) != 0)
        return 0;
    if (unlinkat(s->folder, name, 0) < 0 && errno != ENOENT)
        return -errno;
    s->removed++;
    return 0;
}

int files_sweep(int folder)
{
    sweep s = { .folder = folder };
    int rc = files_each(folder, remove_unfinished, &s);

    return rc < 0 ? rc : s.removed;
}

int files_exit_status(int rc)
{
    return rc == -ENOSPC || rc == -EDQUOT ? 75 : 3;
}

const char *files_reason(int rc)
{
    switch (rc) {
    case -ENOSPC:
        return "the disk is full: make room and start the same command again";
    case -EDQUOT:
        return "the disk quota is used up";
    case -EFBIG:
        return "no file may be that large here (ulimit -f)";
    case -EROFS:
        return "the file system is read-only";
    case -EACCES:
    case -EPERM:
        return "permission denied";
    case -EIO:
        return "the disk reports an error";
    case -EUCLEAN:
        return "the database is damaged";
    case -EEXIST:
        return "a file of that name is there already and not ours";
    default:
        return strerror(-rc);
    }
}
