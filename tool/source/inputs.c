/* What people type for pictures: files, folders, URLs, patterns. */
#include "source/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "source/file_url.h"
#include "source/walk.h"

bool inputs_is_url(const char *where)
{
    return strncasecmp(where, "http://", 7) == 0 ||
           strncasecmp(where, "https://", 8) == 0;
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
                                 : walk_problem(info.st_mode);
}

char *inputs_split_checksum(char *where)
{
    static const char *const kinds[] = { "sha256=", "sha512=", "sha1=",
                                         "md5=" };
    bool is_url = inputs_is_url(where) || file_url_is(where);
    char *mark = is_url ? strrchr(where, '#') : NULL;

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

/* A path without patterns, and with what its bytes are to add up to. */
static int take_file_url(const walk *walk, const char *where)
{
    char *path = strdup(where), *checksum;
    const char *problem;
    struct stat info;
    int rc;

    if (path == NULL)
        return -ENOMEM;
    checksum = inputs_split_checksum(path);
    problem = file_url_to_path(path);
    if (problem != NULL) {
        rc = walk_give_missing(walk, where, problem);
    } else if (stat(path, &info) < 0) {
        rc = walk_give_missing(walk, path, problem_of_missing(path));
    } else if (checksum == NULL) {
        rc = walk_found(walk, path, &info);
    } else {
        input input = { .where = path,
                        .problem = inputs_problem(path),
                        .checksum = checksum };

        rc = walk->take(walk->context, &input);
    }
    free(path);
    return rc;
}

static const char *missing_file_url(const char *where)
{
    char *path = strdup(where);
    const char *problem = path != NULL ? file_url_to_path(path) : NULL;
    struct stat info;

    if (path != NULL && problem == NULL && stat(path, &info) < 0)
        problem = problem_of_missing(path);
    free(path);
    return problem;
}

static bool is_pattern(const char *where)
{
    return strpbrk(where, "*?[") != NULL;
}

int inputs_expand(const char *where, const inputs_options *options,
                  inputs_take *take, void *context)
{
    listing_spool spool = { .fd = options->spool };
    walk walk = { options, &spool, take, context };
    struct stat info;

    if (inputs_is_url(where))
        return take_url(where, take, context);
    if (file_url_is(where))
        return take_file_url(&walk, where);
    if (stat(where, &info) == 0)
        return walk_found(&walk, where, &info);
    if (errno == ENOENT && is_pattern(where))
        return walk_pattern(&walk, where);
    return walk_give_missing(&walk, where, problem_of_missing(where));
}

const char *inputs_missing(const char *where)
{
    struct stat info;

    if (file_url_is(where))
        return missing_file_url(where);
    if (inputs_is_url(where) || stat(where, &info) == 0)
        return NULL;
    return errno == ENOENT && is_pattern(where) ? NULL
                                                : problem_of_missing(where);
}
