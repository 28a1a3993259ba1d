/* Files of a folder come one after another, and asking for its path takes a
 * call for each part of it: so the last answer is kept.
 */
#include "source/absolute.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For a folder that is not there: as it may be called one day. */
static char *path_by_words(const char *folder)
{
    char *here = folder[0] == '/' ? strdup("") : getcwd(NULL, 0);
    char *path = NULL;
    size_t n;

    while (folder[0] == '.' && folder[1] == '/')
        folder += 1 + strspn(folder + 1, "/");
    n = strlen(folder);
    while (n > 0 && folder[n - 1] == '/')
        n--;
    if (here != NULL &&
        asprintf(&path, "%s%s%.*s", here, folder[0] == '/' ? "" : "/", (int)n,
                 folder) < 0)
        path = NULL;
    free(here);
    return path;
}

static char *path_of_folder(const char *folder)
{
    char *path = realpath(folder, NULL);

    if (path == NULL)
        path = path_by_words(folder);
    if (path != NULL && strcmp(path, "/") == 0)
        path[0] = '\0'; /* each name brings its own */
    return path;
}

/* Make `memo` know the folder that is named by the first `n` bytes. */
static int learn_folder(absolute *memo, const char *name, size_t n)
{
    if (memo->real != NULL && strlen(memo->typed) == n &&
        memcmp(memo->typed, name, n) == 0)
        return 0;
    free(memo->typed);
    free(memo->real);
    memo->real = NULL;
    memo->typed = strndup(name, n);
    if (memo->typed != NULL)
        memo->real = path_of_folder(n > 0 ? memo->typed : ".");
    return memo->real != NULL ? 0 : -1;
}

const char *absolute_path(absolute *memo, const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t n = slash != NULL ? (size_t)(slash - name) + 1 : 0;

    free(memo->path);
    memo->path = NULL;
    if (learn_folder(memo, name, n) < 0 ||
        asprintf(&memo->path, "%s/%s", memo->real, name + n) < 0)
        memo->path = NULL;
    return memo->path;
}

void absolute_fini(absolute *memo)
{
    free(memo->typed);
    free(memo->real);
    free(memo->path);
    *memo = (absolute){ 0 };
}
