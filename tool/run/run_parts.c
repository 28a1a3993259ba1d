/* What a run consists of: workers, books, a trace, threads for files, a way to
 * servers. What can fail for want of something on this machine is opened before
 * anything is written.
 */
#include "run/run_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <starling/error.h>

#include "run/descriptors.h"
#include "run/log.h"
#include "run/network.h"
#include "run/outcome.h"
#include "run/worker_path.h"
#include "run/workers.h"
#include "store/tar_writer.h"
#include "store/template.h"

enum {
    OPTION_TEXT_SIZE = 2048,
    FILE_THREADS = 4,
    WRITES_A_VISIT = 16,
    LEAST_FILE = 32 << 20,
    MANY_ITEMS = 16 << 20 /* bytes of a database, of 40 000 or so */
};

/* Two runs are one only if they would make the same results. */
static const char *describe_options(const run *run, char text[OPTION_TEXT_SIZE])
{
    const char *own = run->plan->option_text;
    char what[OPERATIONS_TEXT_SIZE];
    int n;

    operations_describe(&run->operations, what);
    n = snprintf(text, OPTION_TEXT_SIZE, "%s%s%s", own,
                 own[0] != '\0' && what[0] != '\0' ? "\n" : "", what);
    if (run->options->name != NULL)
        snprintf(text + n, OPTION_TEXT_SIZE - (size_t)n, "%sname=%s",
                 n > 0 ? "\n" : "", run->options->name);
    return text;
}

typedef struct recall {
    operations *operations;
    char strange[OPERATIONS_NAMES_SIZE]; /* not known here; "": all are */
} recall;

/* On the store's thread. */
static int recall_operations(store *store, void *arg)
{
    recall *recall = arg;
    store_run row;
    int rc = store_read_run(store, &row);

    if (rc == 0 &&
        operations_recall(row.operations, row.options, recall->operations) < 0)
        snprintf(recall->strange, sizeof recall->strange, "%s",
                 row.operations[0] ? row.operations : "(none)");
    return rc;
}

/* A run that exists goes on as it was made. */
static int go_on_as_made(run *run)
{
    recall recall = { .operations = &run->operations };

    if (books_call(&run->books, recall_operations, &recall) < 0)
        return run_fail_books(run);
    if (recall.strange[0] == '\0')
        return 0;
    run_fail(run, STATUS_OUTPUT,
             "%s holds a run whose operations are not known here: '%s'",
             run->out, recall.strange);
    return -EINVAL;
}

static int check_name(run *run)
{
    char why[TEMPLATE_WHY_MAX];

    if (run->options->name == NULL ||
        template_check(run->options->name, why) == 0)
        return 0;
    run_fail(run, STATUS_USAGE, "--name: %s", why);
    return -EINVAL;
}

static int check_format(run *run)
{
    if (!options_want_tar(run->options) || tar_writer_is_there())
        return 0;
    run_fail(run, STATUS_USAGE,
             "--format tar needs libarchive, which this machine does not have: "
             "install libarchive13");
    return -ELIBACC;
}

/* Of a run that goes on each file is looked for, and each row asked whose file
 * it is: minutes for a million on a slow disk, in which nothing else is to be
 * seen. Small books are never slow for that reason. */
static int tell_if_long(void *arg)
{
    run *run = arg;
    char path[PATH_MAX];
    struct stat info;
    int n = snprintf(path, sizeof path, "%s/run.db", run->out);
    int rc = sl_sleep(SL_S(3));

    if (rc == 0 && n < (int)sizeof path && stat(path, &info) == 0 &&
        info.st_size >= MANY_ITEMS)
        console_message(run->console,
                        "%s has many items: looking which of their files are "
                        "whole before it goes on",
                        run->out);
    return rc;
}

static int open_patiently(run *run, books_opener *open,
                          const store_identity *identity,
                          const store_options *how, store_error *error)
{
    sl_group beside;
    int rc, closed;

    sl_group_open(&beside);
    sl_task_set_name(sl_group_spawn(&beside, tell_if_long, run),
                     "tell if the books take long to open");
    rc = books_open(&run->books, open, run->out, identity, how, error);
    sl_group_cancel(&beside);
    closed = sl_group_close(&beside);
    return rc < 0 ? rc : closed == SL_ECANCELED ? 0 : closed;
}

static int open_books(run *run)
{
    const struct options *options = run->options;
    const run_plan *plan = run->plan;
    char text[OPTION_TEXT_SIZE], names[OPERATIONS_NAMES_SIZE];
    store_identity identity = { .command = plan->command,
                                .operations = names,
                                .options = describe_options(run, text),
                                .version = STARLING_VERSION };
    store_options how = { .fresh = options->fresh || plan->fresh,
                          .originals = options->images_dir ? options->images_dir
                                                           : plan->originals,
                          .processed = options->processed_dir,
                          .command_line = run->command_line,
                          .name = options->name,
                          .secrets = &run->console->secrets };
    static const enum files_sync policies[] = { [SYNC_BATCH] = FILES_SYNC_BATCH,
                                                [SYNC_ITEM] = FILES_SYNC_ITEM,
                                                [SYNC_OFF] = FILES_SYNC_OFF };
    store_error error = { .status = STATUS_INTERNAL };
    int rc;

    operations_names(&run->operations, names);
    how.sync = policies[options->sync];
    rc = open_patiently(run,
                        plan->reopen       ? books_reopen
                        : options->dry_run ? store_rehearse
                                           : store_open,
                        &identity, &how, &error);
    if (rc < 0)
        run_fail(run, error.status, "%s",
                 error.text[0] ? error.text : sl_strerror(rc));
    else if (plan->reopen)
        rc = go_on_as_made(run);
    return rc;
}

/* What workers share is memory, and to the system it is a file. */
static bool files_are_too_small(uint64_t *largest)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur >= LEAST_FILE)
        return false;
    *largest = limit.rlim_cur;
    return true;
}

int run_open_pool(run *run)
{
    int rc = workers_open(run, WORKER_PROGRAM_PLAIN, &run->pool);
    uint64_t largest;

    if (rc < 0 && files_are_too_small(&largest))
        run_fail(run, STATUS_OUTPUT,
                 "cannot start the workers: no file may be larger than %llu "
                 "bytes here (ulimit -f), which holds for the memory that they "
                 "share as well: it has to be %d MiB at least",
                 (unsigned long long)largest, LEAST_FILE >> 20);
    else if (rc < 0)
        run_fail(run, rc == -ENOTSUP ? STATUS_USAGE : STATUS_INTERNAL,
                 "cannot start the workers: %s", sl_explain(rc));
    else if (sl_pool_note(run->pool)[0] != '\0')
        console_message(run->console, "%s", sl_pool_note(run->pool));
    return rc;
}

/* Where nothing is done with pictures there is nobody to start. */
static int open_workers(run *run)
{
    bool wanted = run->operations.request.operations != 0;

    return !wanted || run->pool != NULL || run->options->dry_run
               ? 0
               : run_open_pool(run);
}

static int check_written(run *run, const char *what, const char *path, int rc)
{
    if (rc < 0)
        run_fail(run, files_exit_status(rc), "cannot write the %s %s: %s", what,
                 path, files_reason(rc));
    return rc;
}

static int open_trace(run *run)
{
    const char *trace = run->options->trace, *log = run->options->log;
    int rc = trace != NULL ? trace_open(&run->trace, trace) : 0;

    rc = check_written(run, "trace", trace, rc);
    if (rc == 0 && log != NULL)
        rc = check_written(run, "log", log, log_open(&run->log, log));
    log_begin(run->log, run->command_line, run->out);
    return rc;
}

/* Each waits for the disk where each is synced: then on threads of their own.
 */
static int writes_at_once(const struct options *options)
{
    return options->sync == SYNC_ITEM ? 1 : WRITES_A_VISIT;
}

static int open_books_once(run *run)
{
    return run->books.thread == NULL ? open_books(run) : 0;
}

/* What a run that exists needs stands in its books. Else the workers are first:
 * without them there is no run, and nothing may be cleared for it. */
static int open_in_turn(run *run)
{
    bool asks_books = run->plan->reopen;
    int rc = asks_books ? open_books_once(run) : open_workers(run);

    if (rc == 0)
        rc = asks_books ? open_workers(run) : open_books_once(run);
    return rc < 0 ? rc : network_open(run);
}

/* Where nothing is cleared, a run that could not begin can be taken back. */
static bool may_begin_together(const run *run)
{
    return !run->plan->reopen && !run->plan->fresh && !run->options->fresh &&
           !run->options->dry_run && run->books.thread == NULL;
}

static int open_workers_beside(void *arg)
{
    return open_workers(arg);
}

static void take_back(run *run)
{
    if (run->books.thread != NULL && run_has_items(run) == 0)
        books_discard(&run->books);
}

/* Workers take as long to start as everything else, and another core does it.
 */
static int open_together(run *run)
{
    sl_group starting;
    int rc, closed;

    sl_group_open(&starting);
    sl_task_set_name(sl_group_spawn(&starting, open_workers_beside, run),
                     "start the workers");
    rc = open_books(run);
    if (rc == 0)
        rc = network_open(run);
    closed = sl_group_close(&starting);
    if (rc == 0 && closed < 0)
        take_back(run);
    return rc < 0 ? rc : closed;
}

int run_parts_open(run *run)
{
    int rc;

    budget_init(&run->budget, run->options->memory > 0
                                  ? (uint64_t)run->options->memory
                                  : budget_standard());
    run->typical = 2 << 20;
    run->files = sl_crew_new(FILE_THREADS, "files");
    if (run->files == NULL) {
        run_fail(run, STATUS_INTERNAL, "no memory");
        return -ENOMEM;
    }
    visits_init(&run->writes, run->files, FILE_THREADS,
                writes_at_once(run->options));
    descriptors_raise_limit();
    rc = check_name(run);
    if (rc == 0)
        rc = check_format(run);
    if (rc == 0)
        rc = open_trace(run);
    if (rc < 0)
        return rc;
    return may_begin_together(run) ? open_together(run) : open_in_turn(run);
}

void run_parts_close(run *run)
{
    check_written(run, "trace", run->options->trace, trace_close(&run->trace));
    log_end(run->log, outcome_status(run));
    check_written(run, "log", run->options->log, log_close(&run->log));
    if (run->fetcher != NULL)
        fetcher_free(run->fetcher);
    workers_close(run);
    books_close(&run->books);
    sl_crew_free(run->files);
}

int run_abandon(run *run)
{
    run_parts_close(run);
    return run->status;
}
