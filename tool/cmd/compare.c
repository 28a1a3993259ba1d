/* starling compare: the same work in five ways, and why one is faster.
 *
 *     trial     every picture once: what it gives, and whether it is good
 *     rounds    each mode once a round, in an order that changes; workers
 *               start and warm up before the clock runs
 *     show      a table, JSON, a page
 */
#include "cmd/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/cores.h>
#include <starling/error.h>

#include "cmd/compare_inputs.h"
#include "run/network.h"
#include "run/worker_path.h"
#include "compare/gauge.h"
#include "compare/show.h"
#include "report/markup.h"

typedef struct compare {
    run *run;
    course course;
    compare_inputs inputs;
    contest contest;
    gauge gauge;
    const char *program; /* of the workers */
    int bar, left_out;
    char op[OPERATIONS_NAMES_SIZE];
} compare;

static int fail(compare *compare, int rc, const char *what)
{
    run_fail(compare->run, STATUS_INTERNAL, "%s: %s", what, sl_explain(rc));
    return rc;
}

/* Workers of a contestant's shape. */
static int open_pool(compare *compare, const contestant *c, sl_pool **pool)
{
    bool processes = contest_shapes[c->mode].processes;
    char path[4096];
    sl_process_pool_options how = { .program = path,
                                    .workers = processes ? c->workers : 1,
                                    .threads_per_worker =
                                        processes ? 1 : c->workers };
    int rc = worker_path(compare->program, path, sizeof path);

    if (rc == 0)
        rc = sl_process_pool_open(&how, pool);
    return rc < 0 ? fail(compare, rc, "cannot start the workers") : 0;
}

static int close_pool(sl_pool *pool, int rc)
{
    int closed = sl_pool_close(pool);

    return rc < 0 ? rc : closed;
}

/* The trial. */

/* Workers for rare formats read all, but start slowly and take more memory: the
 * rounds have them only where a picture needs them. */
static void choose_program(compare *compare)
{
    char path[4096];

    compare->program =
        (compare->course.is_trial || compare->course.has_rare) &&
                worker_path(WORKER_PROGRAM_RARE, path, sizeof path) == 0
            ? WORKER_PROGRAM_RARE
            : WORKER_PROGRAM_PLAIN;
}

static int try_pictures(compare *compare, int workers)
{
    contestant hybrid = { .mode = CONTEST_HYBRID, .workers = workers };
    course *course = &compare->course;
    contest all = { .pictures = course->count,
                    .downloads = (int)compare->run->options->downloads };
    race_course over = course_race(course);
    contest_span *spans = calloc((size_t)course->count, sizeof *spans);
    sl_pool *pool;
    double wall_s;
    int rc;

    course->is_trial = true;
    choose_program(compare);
    rc = spans != NULL ? open_pool(compare, &hybrid, &pool) : -ENOMEM;
    if (rc < 0) {
        free(spans);
        return rc;
    }
    rc = race_run(&over, &all, &hybrid, pool, spans, &wall_s);
    course->is_trial = false;
    choose_program(compare);
    free(spans);
    rc = close_pool(pool, rc);
    return rc < 0 ? fail(compare, rc, "the trial failed") : 0;
}

/* What is no good would make a mode fail in the middle; it is named and left
 * out, behind the others. */
static int leave_out(compare *compare)
{
    course *course = &compare->course;
    int good = 0;

    for (int i = 0; i < course->count; i++) {
        course_picture picture = course->pictures[i];

        if (picture.problem != NULL) {
            console_message(compare->run->console, "left out: %s: %s",
                            picture.name, picture.problem);
            continue;
        }
        course->pictures[i] = course->pictures[good];
        course->pictures[good++] = picture;
        compare->contest.bytes += picture.size;
    }
    compare->left_out = course->count - good;
    if (good > 0)
        return good;
    run_fail(compare->run, STATUS_SOME_FAILED, "there is no good picture left");
    return -ENOENT;
}

/* The rounds. */

static int measure(compare *compare, const contestant *c, sl_pool *pool,
                   contest_round *round)
{
    course *course = &compare->course;
    race_course over = course_race(course);
    const clockid_t *server =
        course->is_local ? picture_server_clock(&compare->inputs.server) : NULL;
    gauge_reading reading;
    int rc = gauge_start(&compare->gauge, server, &course->held);

    if (rc < 0)
        return rc;
    rc = race_run(&over, &compare->contest, c, pool, round->spans,
                  &round->wall_s);
    gauge_stop(&compare->gauge, &reading);
    round->cpu_s = reading.cpu_s;
    round->others_s = reading.others_s;
    round->memory = reading.memory;
    return rc;
}

static int run_one(compare *compare, const contestant *c, contest_round *round)
{
    sl_pool *pool;
    char name[40];
    int rc = open_pool(compare, c, &pool);

    if (rc < 0)
        return rc;
    rc = course_warm(&compare->course, pool, c->workers);
    if (rc == 0)
        rc = measure(compare, c, pool, round);
    rc = close_pool(pool, rc);
    if (rc == 0)
        return 0;
    contest_name(&compare->contest, c, name, sizeof name);
    if (compare->course.failure[0] != '\0')
        run_fail(compare->run, compare->course.status, "%s: %s", name,
                 compare->course.failure);
    return fail(compare, rc, name);
}

static int run_rounds(compare *compare)
{
    run *run = compare->run;
    contest *contest = &compare->contest;
    uint64_t seed = (uint64_t)run->options->seed;
    int64_t done = 0, all = (int64_t)contest->count * contest->round_count;
    int *order = calloc((size_t)contest->count, sizeof *order), rc = 0;

    if (order == NULL)
        return -ENOMEM;
    for (int r = 0; r < contest->round_count && rc == 0; r++) {
        contest_shuffle(contest, &seed, order);
        for (int i = 0; i < contest->count && rc == 0; i++) {
            contestant *c = &contest->list[order[i]];

            progress_set(&run->progress, compare->bar, done++, all, sl_now());
            rc = run_one(compare, c, &c->rounds[r]);
        }
    }
    if (rc == 0)
        progress_set(&run->progress, compare->bar, done, all, sl_now());
    progress_end(&run->progress, sl_now());
    free(order);
    return rc;
}

/* Showing. */

static void print_line(void *context, const char *text)
{
    console_line(context, "%s", text);
}

static int make_page(const contest *contest, char **text, size_t *size)
{
    FILE *page = open_memstream(text, size);

    if (page == NULL)
        return -ENOMEM;
    show_page(contest, markup_style, page);
    if (fclose(page) == 0)
        return 0;
    free(*text);
    return -ENOMEM;
}

static int write_page(const char *path, const char *text, size_t size)
{
    static const files_how how = { .sync = FILES_SYNC_OFF, .replace = true };
    const char *name = strrchr(path, '/');
    char place[4096] = ".";
    int folder, rc;

    if (name != NULL)
        snprintf(place, sizeof place, "%.*s/", (int)(name - path), path);
    folder = open(place, O_DIRECTORY | O_PATH | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    rc = files_write(folder, name != NULL ? name + 1 : path, text, size, &how,
                     NULL);
    close(folder);
    return rc;
}

static int show(compare *compare)
{
    run *run = compare->run;
    const char *path = run->options->page;
    char *json = show_json(&compare->contest), *text;
    size_t size;
    int rc =
        json != NULL ? make_page(&compare->contest, &text, &size) : -ENOMEM;

    if (rc < 0) {
        free(json);
        return fail(compare, rc, "cannot show the figures");
    }
    rc = write_page(path, text, size);
    free(text);
    show_table(&compare->contest, print_line, run->console);
    if (run->options->json)
        console_json(run->console, json, strlen(json));
    free(json);
    if (rc < 0)
        run_fail(run, files_exit_status(rc), "cannot write %s: %s", path,
                 files_reason(rc));
    else
        console_line(run->console, "📄 %s", path);
    return rc;
}

/* The pieces in order. */

/* How many workers a mode has, from the least to the most. As many as there are
 * cores, unless said; and no more than a stranger's server may be asked by. */
static int choose_workers(compare *compare, int *from, int *most)
{
    const struct options *options = compare->run->options;
    int per_host =
        compare->course.is_local ? INT_MAX : course_per_host(options);

    *most = options->workers > 0 ? (int)options->workers : sl_cores();
    *from = options->workers > 0 ? (int)options->workers_from : *most;
    if (*most <= per_host)
        return 0;
    if (options->workers == 0) {
        *from = *most = per_host;
        return 0;
    }
    run_fail(compare->run, STATUS_USAGE,
             "threads would ask a server for %d pictures at once, and "
             "--per-host is %d",
             *most, per_host);
    return -EINVAL;
}

static int set_up(compare *compare)
{
    run *run = compare->run;
    const struct options *options = run->options;
    int from = 1, most = 1, good;
    int rc = compare_inputs_open(&compare->inputs, run, &compare->course);

    if (rc == 0)
        rc = choose_workers(compare, &from, &most);
    if (rc < 0)
        return rc;
    compare->contest.latency = compare->course.is_local ? options->latency : -1;
    if (!compare->course.is_local)
        console_message(
            run->console,
            "each picture will be fetched %lld times from its server",
            (long long)(options->rounds * (2 + 3 * (most - from + 1)) + 1));
    network_warn(run->console, options);
    good = try_pictures(compare, most);
    if (good == 0)
        good = leave_out(compare);
    if (good < 0)
        return good;
    rc = course_prepare(&compare->course);
    if (rc == 0)
        rc = contest_init(&compare->contest, good, (int)options->rounds, from,
                          most);
    return rc < 0 ? fail(compare, rc, "cannot begin") : 0;
}

static void describe(compare *compare, const struct options *options)
{
    contest *contest = &compare->contest;

    operations_choose(options, &compare->course.operations);
    operations_names(&compare->course.operations, compare->op);
    contest->op = compare->op;
    contest->version = STARLING_VERSION;
    contest->command_line = compare->run->command_line;
    contest->downloads = (int)options->downloads;
    contest_describe_machine(contest);
}

int command_compare(run *run)
{
    compare *compare = calloc(1, sizeof *compare);
    int rc;

    if (compare == NULL)
        return STATUS_INTERNAL;
    compare->run = run;
    compare->course.options = run->options;
    pthread_mutex_init(&compare->course.lock, NULL);
    progress_init(&run->progress, run->console,
                  (enum progress_mode)run->options->progress);
    compare->bar = progress_add(&run->progress, "Comparing", "run");
    describe(compare, run->options);
    rc = set_up(compare);
    if (rc == 0)
        rc = run_rounds(compare);
    if (rc == 0) {
        contest_judge(&compare->contest);
        rc = show(compare);
    }
    if (rc < 0 && run->status == 0)
        run->status = STATUS_INTERNAL;
    course_fini(&compare->course);
    compare_inputs_close(&compare->inputs);
    contest_fini(&compare->contest);
    pthread_mutex_destroy(&compare->course.lock);
    if (rc == 0 && compare->left_out > 0)
        run->status = STATUS_SOME_FAILED;
    free(compare);
    return run->console->out_error < 0 && rc == 0 ? STATUS_OUTPUT : run->status;
}
