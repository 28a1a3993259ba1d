/* Patterns that the shell has left as they are: in quotes, from a config file,
 * or since it would have made too many arguments of them.
 */
#include "source/walk.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With ** in it: walk the folder before it and see which pictures fit. */
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
    walk inner = { outer->options, outer->spool, take_if_it_fits, &deep };
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

static int match_deep(const walk *walk, const char *pattern)
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

/* Without: a component at a time. Folders on the way that cannot be read have
 * nothing that fits. */
typedef struct match {
    const walk *walk;
    bool has_found;
} match;

static int match_rest(match *match, const char *folder, const char *rest);

/* `folder` ends with a slash, or is empty. */
static int match_named(match *match, const char *folder, const char *name,
                       const char *rest)
{
    struct stat info;
    char *path;
    int rc = 0;

    if (asprintf(&path, "%s%s", folder, name) < 0)
        return -ENOMEM;
    if (*rest != '\0') {
        rc = match_rest(match, path, rest);
    } else if (lstat(path, &info) == 0) {
        match->has_found = true;
        rc = stat(path, &info) == 0
                 ? walk_found(match->walk, path, &info)
                 : walk_give(match->walk, path, WALK_LOST_LINK);
    }
    free(path);
    return rc;
}

static int match_names(match *match, const char *folder, const char *component,
                       const char *rest)
{
    listing *names;
    const char *name;
    int rc = listing_open(*folder != '\0' ? folder : ".", match->walk->spool,
                          &names);

    if (rc < 0)
        return rc == -ENOMEM ? rc : 0;
    while (rc == 0 && (rc = listing_next(names, &name)) > 0)
        rc = fnmatch(component, name, FNM_PERIOD) == 0
                 ? match_named(match, folder, name, rest)
                 : 0;
    listing_close(names);
    return rc;
}

static int match_rest(match *match, const char *path, const char *rest)
{
    size_t slashes = strspn(rest, "/"), n = strcspn(rest + slashes, "/");
    char *folder = NULL, *component = strndup(rest + slashes, n);
    int rc = -ENOMEM;

    if (component != NULL &&
        asprintf(&folder, "%s%.*s", path, (int)slashes, rest) < 0)
        folder = NULL;
    if (folder != NULL)
        rc = strpbrk(component, "*?[\\") != NULL
                 ? match_names(match, folder, component, rest + slashes + n)
                 : match_named(match, folder, component, rest + slashes + n);
    free(folder);
    free(component);
    return rc;
}

/* By its own name: an item is called after what is left of it. */
static int give_unmatched(const walk *walk, const char *pattern)
{
    char *problem;
    int rc;

    if (asprintf(&problem, "no file fits the pattern %s", pattern) < 0)
        return -ENOMEM;
    rc = walk_give_missing(walk, pattern, problem);
    free(problem);
    return rc;
}

int walk_pattern(const walk *walk, const char *pattern)
{
    match match = { .walk = walk };
    int rc;

    if (strstr(pattern, "**") != NULL)
        return match_deep(walk, pattern);
    rc = match_rest(&match, "", pattern);
    return rc == 0 && !match.has_found ? give_unmatched(walk, pattern) : rc;
}
