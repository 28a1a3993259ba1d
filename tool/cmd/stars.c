/* starling stars, thumbs, edges, run: whatever is to be done with the pictures
 * that somebody names.
 *
 * A name that was mistyped is told before anything is made, or before a folder
 * is found to hold another run. One among others is no reason to stop: what
 * names thousands is a shell's pattern as often as a person.
 */
#include "cmd/commands.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/feed.h"
#include "source/inputs.h"
#include "source/lists.h"

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* Without opening it: whoever writes into a pipe is read from once. */
static int check_list(run *run, const char *path)
{
    struct stat info;

    if (is_stdin(path))
        return 0;
    errno = 0;
    if (access(path, R_OK) == 0 && stat(path, &info) == 0 &&
        S_ISDIR(info.st_mode))
        errno = EISDIR;
    if (errno == 0)
        return 0;
    run_fail(run, STATUS_USAGE, "cannot read the list %s: %s", path,
             strerror(errno));
    return -ENOENT;
}

/* Why nothing can come of an input; NULL: something may. */
static const char *what_is_wrong(const char *where)
{
    const char *missing = is_stdin(where) ? NULL : inputs_missing(where);
    struct stat info;

    if (missing != NULL || inputs_is_url(where) || !lists_is_named(where) ||
        stat(where, &info) < 0 || !S_ISREG(info.st_mode))
        return missing;
    return "it is a list by its name, which --urls reads";
}

static int check_inputs(run *run)
{
    const struct options *options = run->options;
    const char *why = NULL;

    if (options->urls != NULL)
        return check_list(run, options->urls);
    for (int i = 0; i < options->input_count; i++) {
        const char *wrong = what_is_wrong(options->inputs[i]);

        if (wrong == NULL)
            return 0;
        why = why != NULL ? why : wrong;
    }
    run_fail(run, STATUS_USAGE, "%s%s: %s", options->inputs[0],
             options->input_count > 1 ? " and all other inputs" : "", why);
    return -ENOENT;
}

int command_inputs(run *run)
{
    run_plan plan = { .command = command_name(run->options->command),
                      .option_text = "",
                      .obeys_robots = true,
                      .fill = feed_fill,
                      .refill = true };

    return check_inputs(run) < 0 ? run->status : run_whole(run, &plan);
}
