/* A folder is walked without following links to folders, so that a loop of
 * links ends nothing and the same picture is not met twice; and the folders of
 * runs are left out, or a second run would work on the results of the first.
 */
#include "source/walk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), n = strlen(end);

    return length > n && strcasecmp(name + length - n, end) == 0;
}

/* Not everything in gzip is a picture. */
static bool has_picture_name(const char *name)
{
    static const char *const ends[] = {
        ".jpg",      ".jpeg",    ".jpe",     ".png",      ".webp",
        ".gif",      ".fits",    ".fit",     ".fts",      ".fz",
        ".tif",      ".tiff",    ".heic",    ".heif",     ".avif",
        ".fits.gz",  ".fit.gz",  ".fts.gz",  ".tif.gz",   ".tiff.gz",
        ".fits.bz2", ".fit.bz2", ".fts.bz2", ".fits.zst", ".fit.zst",
        ".fts.zst"
    };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (name[0] != '.' && ends_with(name, ends[i]))
            return true;
    return false;
}

int walk_give(const walk *walk, const char *where, const char *problem)
{
    input input = { .where = where, .problem = problem };

    return walk->take(walk->context, &input);
}

int walk_give_missing(const walk *walk, const char *where, const char *problem)
{
    input input = { .where = where, .problem = problem, .is_missing = true };

    return walk->take(walk->context, &input);
}

const char *walk_problem(mode_t mode)
{
    if (S_ISREG(mode))
        return NULL;
    if (S_ISFIFO(mode))
        return "a FIFO, not a picture file";
    if (S_ISSOCK(mode))
        return "a socket, not a picture file";
    if (S_ISCHR(mode) || S_ISBLK(mode))
        return "a device, not a picture file";
    return "not a picture file";
}

static bool is_skipped(const walk *walk, const struct stat *info)
{
    for (int i = 0; i < walk->options->skip_count; i++)
        if (info->st_dev == walk->options->skip[i].device &&
            info->st_ino == walk->options->skip[i].inode)
            return true;
    return false;
}

static bool has_file(const char *folder, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);

    return n < (int)sizeof path && access(path, F_OK) == 0;
}

/* The folder of another run. Met on the way, it is passed over; it can be
 * named, and has the pictures then that it worked on, but not what came of
 * them. */
static bool is_run(const char *path)
{
    return has_file(path, "run.db") && has_file(path, "run.lock");
}

/* An entry of a folder: unlike what was typed, it is silently left out when it
 * is nothing for us. */
static int visit(const walk *walk, const char *path, const char *name)
{
    struct stat info;

    if (lstat(path, &info) < 0)
        return 0; /* gone since the folder was read */
    if (S_ISDIR(info.st_mode))
        return name[0] == '.' || is_skipped(walk, &info) || is_run(path)
                   ? 0
                   : walk_folder(walk, path);
    if (!has_picture_name(name))
        return 0;
    if (S_ISLNK(info.st_mode)) {
        /* A disk that is not there today, say: not to be passed over. Locks of
         * editors are links that lead nowhere, too. */
        if (stat(path, &info) < 0)
            return name[0] == '.' ? 0 : walk_give(walk, path, WALK_LOST_LINK);
        if (S_ISDIR(info.st_mode))
            return 0;
    }
    return walk_give(walk, path, walk_problem(info.st_mode));
}

static int visit_named(const walk *walk, const char *folder, const char *name)
{
    bool slash = folder[0] != '\0' && folder[strlen(folder) - 1] == '/';
    char *path;
    int rc;

    if (asprintf(&path, "%s%s%s", folder, slash ? "" : "/", name) < 0)
        return -ENOMEM;
    rc = visit(walk, path, name);
    free(path);
    return rc;
}

static bool is_result(const char *name)
{
    return strcmp(name, "stars.fits") == 0 ||
           strcmp(name, "processed_images") == 0;
}

int walk_folder(const walk *walk, const char *path)
{
    listing *names;
    const char *name;
    bool in_run = is_run(path);
    int rc = listing_open(path, walk->spool, &names);

    if (rc < 0)
        return rc == -ENOMEM ? rc : walk_give(walk, path, strerror(-rc));
    while (rc == 0 && (rc = listing_next(names, &name)) > 0)
        rc = in_run && is_result(name) ? 0 : visit_named(walk, path, name);
    listing_close(names);
    return rc;
}

/* What exists under a name: a folder's pictures, a file. */
int walk_found(const walk *walk, const char *where, const struct stat *info)
{
    return S_ISDIR(info->st_mode)
               ? walk_folder(walk, where)
               : walk_give(walk, where, walk_problem(info->st_mode));
}
