/* starling stars: find the stars in pictures. */
#include "cmd/commands.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <starling/error.h>
#include <starling/thread.h>

#include "source/inputs.h"

/* Inputs are read on a thread, which may block in a folder or a pipe; it puts
 * them straight into the books, for the store is nobody else's meanwhile. */
typedef struct filling {
    run *run;
    store *store;
    inputs_options options;
    const char *unreadable; /* the list that could not be read */
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

static int fill_books(store *store, void *arg)
{
    filling *filling = arg;
    const struct options *options = filling->run->options;
    struct stat run_folder;
    int rc = 0;

    filling->store = store;
    if (fstat(store_folder(store, STORE_RUN), &run_folder) == 0) {
        filling->options.skip_device = run_folder.st_dev;
        filling->options.skip_inode = run_folder.st_ino;
    }
    if (options->urls != NULL) {
        filling->unreadable = options->urls;
        rc = inputs_read_list(options->urls, take_input, filling);
    }
    for (int i = 0; i < options->input_count && rc == 0; i++) {
        const char *where = options->inputs[i];

        filling->unreadable = where;
        rc = strcmp(where, "-") == 0
                 ? inputs_read_list("-", take_input, filling)
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
    if (rc == -ENOENT || rc == -EACCES || rc == -EISDIR) {
        run_fail(run, STATUS_USAGE, "cannot read the list %s: %s",
                 filling->unreadable, sl_strerror(rc));
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

int command_stars(run *run)
{
    filling filling = { .run = run };
    run_plan plan = { .command = "stars",
                      .option_text = "",
                      .fill = fill,
                      .refill = true,
                      .context = &filling };

    return run_whole(run, &plan);
}
