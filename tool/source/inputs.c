/* What people type for pictures: files, folders, URLs, lists of them.
 *
 * A folder is walked without following links to folders, so that a loop of
 * links ends nothing and the same picture is not met twice; and the folders of
 * runs are left out, or a second run would work on the results of the first.
 */
#include "source/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct walk {
    const inputs_options *options;
    inputs_take *take;
    void *context;
} walk;

bool inputs_is_url(const char *where)
{
    return strncasecmp(where, "http://", 7) == 0 ||
           strncasecmp(where, "https://", 8) == 0;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), n = strlen(end);

    return length > n && strcasecmp(name + length - n, end) == 0;
}

/* Not everything in gzip is a picture. */
static bool has_picture_name(const char *name)
{
    static const char *const ends[] = {
        ".jpg",    ".jpeg",    ".jpe",      ".png",     ".webp",   ".gif",
        ".fits",   ".fit",     ".fts",      ".fz",      ".tif",    ".tiff",
        ".heic",   ".heif",    ".avif",     ".fits.gz", ".fit.gz", ".fts.gz",
        ".tif.gz", ".tiff.gz", ".fits.bz2", ".fit.bz2", ".fts.bz2"
    };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (name[0] != '.' && ends_with(name, ends[i]))
            return true;
    return false;
}

static int give(const walk *walk, const char *where, const char *problem)
{
    input input = { .where = where, .problem = problem };

    return walk->take(walk->context, &input);
}

static const char *problem_of(mode_t mode)
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

static int walk_folder(const walk *walk, const char *path);

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

/* The folder of another run. It can be named; met on the way, what is in it are
 * results and not pictures to work on. */
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
    if (S_ISLNK(info.st_mode) &&
        (stat(path, &info) < 0 || !S_ISREG(info.st_mode)))
        return 0;
    return give(walk, path, problem_of(info.st_mode));
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

/* The one result that lies beside a run's database and is called like a
 * picture.
 */
static bool is_catalogue(const char *name)
{
    return strcmp(name, "stars.fits") == 0;
}

static int walk_folder(const walk *walk, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort), rc = 0;
    bool in_run = is_run(path);

    if (count < 0)
        return errno == ENOMEM ? -ENOMEM : give(walk, path, strerror(errno));
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;

        if (rc == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
            !(in_run && is_catalogue(name)))
            rc = visit_named(walk, path, name);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

/* Why stat() failed, in errno. */
static const char *problem_of_missing(const char *path)
{
    if (errno != ENOENT)
        return strerror(errno);
    return strstr(path, "://") != NULL
               ? "only http and https URLs are fetched, and there is no such "
                 "file"
               : "there is no such file";
}

const char *inputs_problem(const char *path)
{
    struct stat info;

    if (stat(path, &info) < 0)
        return problem_of_missing(path);
    return S_ISDIR(info.st_mode) ? "a folder in a list"
                                 : problem_of(info.st_mode);
}

char *inputs_split_checksum(char *where)
{
    static const char *const kinds[] = { "sha256=", "sha512=", "sha1=",
                                         "md5=" };
    char *mark = inputs_is_url(where) ? strrchr(where, '#') : NULL;

    for (size_t i = 0; mark != NULL && i < sizeof kinds / sizeof *kinds; i++) {
        if (strncasecmp(mark + 1, kinds[i], strlen(kinds[i])) != 0)
            continue;
        *mark = '\0';
        return mark + 1;
    }
    return NULL;
}

static int take_url(const char *where, inputs_take *take, void *context)
{
    char *copy = strdup(where);
    input input = { .where = copy, .is_url = true };
    int rc;

    if (copy == NULL)
        return -ENOMEM;
    input.checksum = inputs_split_checksum(copy);
    rc = take(context, &input);
    free(copy);
    return rc;
}

/* What exists under a name: a folder's pictures, a file. */
static int expand_found(const walk *walk, const char *where,
                        const struct stat *info)
{
    return S_ISDIR(info->st_mode)
               ? walk_folder(walk, where)
               : give(walk, where, problem_of(info->st_mode));
}

/* Shells that know ** expand it; for those that do not: walk the folder before
 * it and see which pictures fit. */
typedef struct deep {
    const walk *walk;
    char *pattern, *flat; /* flat: "a/b" for "a/" "**" "/b" */
} deep;

static int take_if_it_fits(void *context, const input *input)
{
    const deep *deep = context;

    if (fnmatch(deep->pattern, input->where, 0) != 0 &&
        fnmatch(deep->flat, input->where, 0) != 0)
        return 0;
    return deep->walk->take(deep->walk->context, input);
}

static int walk_and_match(const walk *outer, char *pattern, char *flat)
{
    deep deep = { outer, pattern, flat };
    walk inner = { outer->options, take_if_it_fits, &deep };
    size_t n = strcspn(pattern, "*?[");
    char *stars = strstr(flat, "**/"), *folder;
    int rc;

    if (stars != NULL)
        memmove(stars, stars + 3, strlen(stars + 3) + 1);
    while (pattern[n - 1] != '/')
        n--;
    folder = strndup(pattern, n > 1 ? n - 1 : 1);
    if (folder == NULL)
        return -ENOMEM;
    rc = walk_folder(&inner, folder);
    free(folder);
    return rc;
}

static int expand_deep(const walk *walk, const char *pattern)
{
    bool has_folder = memchr(pattern, '/', strcspn(pattern, "*?[")) != NULL;
    char *named = NULL, *flat;
    int rc = -ENOMEM;

    if (asprintf(&named, "%s%s", has_folder ? "" : "./", pattern) < 0)
        return -ENOMEM;
    flat = strdup(named);
    if (flat != NULL)
        rc = walk_and_match(walk, named, flat);
    free(flat);
    free(named);
    return rc;
}

static int expand_pattern(const walk *walk, const char *pattern)
{
    glob_t found = { 0 };
    struct stat info;
    int code, rc = 0;

    if (strstr(pattern, "**") != NULL)
        return expand_deep(walk, pattern);
    code = glob(pattern, 0, NULL, &found);
    if (code == GLOB_NOMATCH)
        return give(walk, pattern, "no file has such a name");
    if (code != 0)
        return code == GLOB_NOSPACE
                   ? -ENOMEM
                   : give(walk, pattern, "its folder cannot be read");
    for (size_t i = 0; i < found.gl_pathc && rc == 0; i++)
        if (stat(found.gl_pathv[i], &info) == 0)
            rc = expand_found(walk, found.gl_pathv[i], &info);
    globfree(&found);
    return rc;
}

int inputs_expand(const char *where, const inputs_options *options,
                  inputs_take *take, void *context)
{
    walk walk = { options, take, context };
    struct stat info;

    if (inputs_is_url(where))
        return take_url(where, take, context);
    if (stat(where, &info) == 0)
        return expand_found(&walk, where, &info);
    if (errno == ENOENT && strpbrk(where, "*?[") != NULL)
        return expand_pattern(&walk, where);
    return give(&walk, where, problem_of_missing(where));
}
