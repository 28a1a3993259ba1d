/* What people type for pictures: files, folders, URLs, lists of them.
 *
 * A folder is walked without following links to folders, so that a loop of
 * links ends nothing and the same picture is not met twice; and the run's own
 * folder is left out, or a second run would work on the results of the first.
 */
#include "source/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

static bool has_picture_name(const char *name)
{
    static const char *const extensions[] = { ".jpg",  ".jpeg", ".jpe",
                                              ".png",  ".webp", ".gif",
                                              ".fits", ".fit",  ".fts" };
    const char *dot = strrchr(name, '.');

    if (dot == NULL || name[0] == '.')
        return false;
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (strcasecmp(dot, extensions[i]) == 0)
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
    return walk->options->skip_inode != 0 &&
           info->st_dev == walk->options->skip_device &&
           info->st_ino == walk->options->skip_inode;
}

/* An entry of a folder: unlike what was typed, it is silently left out when it
 * is nothing for us. */
static int visit(const walk *walk, const char *path, const char *name)
{
    struct stat info;

    if (lstat(path, &info) < 0)
        return 0; /* gone since the folder was read */
    if (S_ISDIR(info.st_mode))
        return name[0] == '.' || is_skipped(walk, &info)
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

static int walk_folder(const walk *walk, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort), rc = 0;

    if (count < 0)
        return errno == ENOMEM ? -ENOMEM : give(walk, path, strerror(errno));
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;

        if (rc == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            rc = visit_named(walk, path, name);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

int inputs_expand(const char *where, const inputs_options *options,
                  inputs_take *take, void *context)
{
    walk walk = { options, take, context };
    struct stat info;

    if (inputs_is_url(where)) {
        input input = { .where = where, .is_url = true };

        return take(context, &input);
    }
    if (stat(where, &info) < 0)
        return give(&walk, where,
                    errno == ENOENT ? "there is no such file"
                                    : strerror(errno));
    if (S_ISDIR(info.st_mode))
        return walk_folder(&walk, where);
    return give(&walk, where, problem_of(info.st_mode));
}

/* Cut the line's end and blanks around it; NULL for nothing or a comment. */
static char *line_content(char *line, bool first)
{
    size_t n;

    if (first && strncmp(line, "\xef\xbb\xbf", 3) == 0)
        line += 3;
    line += strspn(line, " \t");
    n = strlen(line);
    while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL)
        line[--n] = '\0';
    return n == 0 || line[0] == '#' ? NULL : line;
}

static int take_line(char *line, inputs_take *take, void *context)
{
    input input = { .where = line, .is_url = inputs_is_url(line) };
    struct stat info;

    if (!input.is_url) {
        if (stat(line, &info) < 0)
            input.problem =
                errno == ENOENT ? "there is no such file" : strerror(errno);
        else
            input.problem = S_ISDIR(info.st_mode) ? "a folder in a list"
                                                  : problem_of(info.st_mode);
    }
    return take(context, &input);
}

int inputs_read_list(const char *path, inputs_take *take, void *context)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;
    bool first = true;
    int rc = 0;

    if (file == NULL)
        return -errno;
    while (rc == 0 && getline(&line, &capacity, file) >= 0) {
        char *content = line_content(line, first);

        first = false;
        if (content != NULL)
            rc = take_line(content, take, context);
    }
    if (rc == 0 && ferror(file))
        rc = -EIO;
    free(line);
    if (file != stdin)
        fclose(file);
    return rc;
}
