/* Settings from the environment and an INI file.
 *
 * The INI parser is inih. It knows line numbers only for lines that it does
 * not understand, but a wrong value must be found as easily; so it reads
 * through a function of ours that counts. That function also takes leading
 * blanks away, since inih would join an indented line to the one before, which
 * nobody who indents a setting expects.
 */
#include "cli/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_SIZE_MAX = 1 << 20 };

typedef struct {
    FILE *file;
    const char *path;
    int line; /* read last, from 1 */
    struct options *options;
    options_error *error;
    int rc;
} reading;

static int fail(options_error *error, const char *path, int rc)
{
    snprintf(error->text, sizeof error->text,
             "cannot read the config file %s: %s", path, strerror(-rc));
    return rc;
}

static int fail_here(reading *reading, int line, const char *words,
                     const char *quoted)
{
    snprintf(reading->error->text, sizeof reading->error->text, "%s:%d: %s%s%s",
             reading->path, line, words, quoted, quoted[0] != '\0' ? "'" : "");
    reading->rc = -EINVAL;
    return 0; /* inih's word for it */
}

static char *read_line(char *text, int size, void *arg)
{
    reading *reading = arg;
    size_t blanks;

    if (reading->rc < 0 || fgets(text, size, reading->file) == NULL)
        return NULL;
    reading->line++;
    if (strchr(text, '\n') == NULL && !feof(reading->file)) {
        fail_here(reading, reading->line, "the line is too long", "");
        return NULL;
    }
    blanks = strspn(text, " \t");
    memmove(text, text + blanks, strlen(text + blanks) + 1);
    return text;
}

/* Does a section speak of this run? Returns 1 or 0, or -1 for a section that
 * no command has. */
static int is_ours(const reading *reading, const char *section)
{
    if (section[0] == '\0' || strcmp(section, "starling") == 0)
        return 1;
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++)
        if (strcmp(section, command_name((enum command)i)) == 0)
            return reading->options->command == (enum command)i ||
                   reading->options->config_for == (enum command)i;
    return -1;
}

static int take_setting(void *arg, const char *section, const char *name,
                        const char *value)
{
    reading *reading = arg;
    char place[PATH_MAX + 16];
    int ours;

    if (reading->rc < 0)
        return 0; /* inih goes on after an error; the first one counts */
    ours = is_ours(reading, section);
    if (ours < 0)
        return fail_here(reading, reading->line, "unknown section '", section);
    if (ours == 0)
        return 1;
    snprintf(place, sizeof place, "%s:%d", reading->path, reading->line);
    reading->rc = options_set(reading->options, name, value, ORIGIN_CONFIG,
                              place, reading->error);
    return reading->rc == 0;
}

/* Opened without waiting: a FIFO in its place must not hang us. */
static int open_file(const char *path, FILE **out)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), rc = 0;
    struct stat info;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) < 0)
        rc = -errno;
    else if (S_ISDIR(info.st_mode))
        rc = -EISDIR;
    else if (!S_ISREG(info.st_mode))
        rc = -EINVAL;
    else if (info.st_size > CONFIG_SIZE_MAX)
        rc = -EFBIG;
    *out = rc == 0 ? fdopen(fd, "r") : NULL;
    if (*out == NULL) {
        rc = rc < 0 ? rc : -errno;
        close(fd);
    }
    return rc;
}

int config_read_file(const char *path, struct options *options,
                     options_error *error)
{
    reading reading = { .path = path, .options = options, .error = error };
    int rc = open_file(path, &reading.file), line;

    if (rc < 0)
        return fail(error, path, rc);
    free(options->config_read);
    options->config_read = strdup(path); /* only shown: missing is no harm */
    line = ini_parse_stream(read_line, &reading, take_setting, &reading);
    fclose(reading.file);
    if (reading.rc < 0)
        return reading.rc;
    if (line < 0)
        return fail(error, path, -ENOMEM);
    if (line > 0)
        fail_here(&reading, line, "expected 'name = value'", "");
    return reading.rc;
}

/* A home that is somebody else's, as after `su`, holds nothing for us; a file
 * that is seen there and cannot be read is a mistake. */
static bool is_absent(const char *path, int rc)
{
    return rc == -ENOENT || rc == -ENOTDIR ||
           (rc == -EACCES && access(path, F_OK) < 0);
}

/* The first of the usual places that has a file. */
static int read_usual_file(struct options *options, options_error *error)
{
    const char *folders[] = { getenv("XDG_CONFIG_HOME"), getenv("HOME") };
    char path[PATH_MAX];
    bool is_found = false;
    int rc = 0;

    for (int i = 0; i < 2 && !is_found; i++) {
        /* Relative ones are to be ignored, says the XDG specification. */
        if (folders[i] == NULL || folders[i][0] != '/')
            continue;
        snprintf(path, sizeof path, "%s%s/starling/config.ini", folders[i],
                 i == 1 ? "/.config" : "");
        rc = config_read_file(path, options, error);
        is_found = !is_absent(path, rc);
    }
    return is_found ? rc : 0;
}

int config_load(struct options *options, options_error *error)
{
    const char *key = getenv("NASA_API_KEY");
    int rc = 0;

    if (key != NULL && key[0] != '\0')
        rc = options_set(options, "api-key", key, ORIGIN_ENVIRONMENT,
                         "NASA_API_KEY", error);
    if (rc < 0)
        return rc;
    if (options->config != NULL)
        return config_read_file(options->config, options, error);
    return read_usual_file(options, error);
}
