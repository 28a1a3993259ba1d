/* starling stars, thumbs, edges, run: whatever is to be done with the pictures
 * that somebody names. */
#include "cmd/commands.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/thread.h>

#include "source/inputs.h"
#include "source/lists.h"

/* Inputs are read on a thread, which may block in a folder or a pipe; it puts
 * them straight into the books, for the store is nobody else's meanwhile. */
typedef struct filling {
    run *run;
    store *store;
    inputs_options options;
    const char *unreadable; /* the list that could not be read */
    char why[LISTS_WHY_MAX];
} filling;

static int take_input(void *context, const input *input)
{
    filling *filling = context;
    store_new_item item = { .url = input->where };
    enum store_state state;
    int64_t id;
    int rc;

    if (filling->run->draining)
        return -ECANCELED;
    rc = store_plan(filling->store, &item, &id, &state);
    if (rc == 0 && input->problem != NULL)
        rc =
            store_mark_failed(filling->store, id, "no-file", input->problem, 0);
    return rc < 0 ? rc : 0;
}

/* All three folders: the run's own may be one that was named. */
static void leave_out_run(filling *filling)
{
    inputs_options *options = &filling->options;
    struct stat info;

    for (int i = 0; i < STORE_FOLDERS; i++)
        if (fstat(store_folder(filling->store, i), &info) == 0)
            options->skip[options->skip_count++] =
                (struct inputs_skip){ info.st_dev, info.st_ino };
}

_Static_assert((int)STORE_FOLDERS <= (int)INPUTS_SKIP_MAX,
               "each folder of a run can be left out");

static int read_list(filling *filling, const char *path)
{
    if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO))
        console_message(filling->run->console,
                        "reading the list from the terminal, one input a "
                        "line; Ctrl-D ends it");
    filling->unreadable = path;
    return lists_read(path, take_input, filling, filling->why);
}

static int fill_books(store *store, void *arg)
{
    filling *filling = arg;
    const struct options *options = filling->run->options;
    int rc = 0;

    filling->store = store;
    leave_out_run(filling);
    if (options->urls != NULL)
        rc = read_list(filling, options->urls);
    for (int i = 0; i < options->input_count && rc == 0; i++) {
        const char *where = options->inputs[i];

        filling->unreadable = where;
        rc = strcmp(where, "-") == 0
                 ? read_list(filling, where)
                 : inputs_expand(where, &filling->options, take_input, filling);
    }
    return rc;
}

static int fill(run *run, void *context)
{
    filling *filling = context;
    store_counts counts = { 0 };
    int rc = books_change(&run->books, fill_books, filling);

    if (rc == -ECANCELED)
        return 0; /* Ctrl-C while reading: what was read is in the books */
    if (rc == -ENOENT || rc == -EACCES || rc == -EISDIR || rc == -EBADMSG) {
        run_fail(run, STATUS_USAGE, "cannot read the list %s: %s",
                 filling->unreadable,
                 rc == -EBADMSG ? filling->why : sl_strerror(rc));
        return rc;
    }
    if (rc < 0)
        return run_fail_books(run);
    rc = run_count(run, &counts);
    if (rc == 0 && counts.planned == 0) {
        run_fail(run, STATUS_USAGE, "there are no pictures in %s",
                 filling->unreadable ? filling->unreadable : "the input");
        rc = -ENOENT;
    }
    return rc;
}

int command_inputs(run *run)
{
    filling filling = { .run = run };
    run_plan plan = { .command = command_name(run->options->command),
                      .option_text = "",
                      .fill = fill,
                      .refill = true,
                      .context = &filling };

    return run_whole(run, &plan);
}
