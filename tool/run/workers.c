/* Two programs, the same sandbox, two pools at most.
 *
 * A run of a thousand JPEGs pays nothing for libraries that read TIFF and HEIF:
 * their program is started by the first picture that needs it. Jobs at both
 * pools together are as many as one has workers for, so that a run never has
 * more processes at work than it was asked to have.
 */
#include "run/workers.h"

#include <errno.h>

#include <starling/cores.h>
#include <starling/error.h>
#include <starling/sandbox.h>

#include "run/descriptors.h"
#include "run/worker_path.h"
#include "worker/job.h"

enum {
    JOBS_A_LIFE = 500, /* SEP 1.2 loses some memory with every catalogue */
    TRIES = 2,         /* what killed two workers gets no third */
};

static int count_workers(run *run, bool says_so)
{
    const struct options *options = run->options;
    int wanted = options->executor == EXECUTOR_INLINE ? 1
                 : options->workers > 0               ? (int)options->workers
                                                      : sl_cores();
    int fit;

    descriptors_raise_limit();
    fit = descriptors_workers(wanted);
    if (fit < wanted && says_so)
        console_message(run->console,
                        "%d workers instead of %d: more files may not be open "
                        "here (ulimit -n)",
                        fit, wanted);
    return fit;
}

int workers_open(run *run, const char *program, sl_pool **out)
{
    int workers = count_workers(run, run->pool == NULL);
    int processes = run->options->executor == EXECUTOR_THREAD ? 1 : workers;
    job_settings settings = {
        .max_pixels = (uint64_t)run->options->max_pixels,
        .max_bytes = (uint64_t)run->options->max_bytes,
    };
    char path[4096];
    int rc = worker_path(program, path, sizeof path);
    sl_process_pool_options how = { .program = path,
                                    .init_arg = &settings,
                                    .init_size = sizeof settings,
                                    .workers = processes,
                                    .threads_per_worker = workers / processes,
                                    .max_jobs_per_worker = JOBS_A_LIFE };

    if (run->options->require_sandbox)
        settings.required_layers = SL_SANDBOX_ALL;
    return rc < 0 ? rc : sl_process_pool_open(&how, out);
}

int workers_for(run *run, uint32_t format, sl_pool **out)
{
    bool is_rare = job_format_needs(format) != NULL;
    sl_pool **pool = is_rare ? &run->rare_pool : &run->pool;
    int rc = 0;

    if (*pool == NULL) {
        rc = sl_lock_acquire(&run->opening_pool);
        if (rc < 0)
            return rc;
        if (*pool == NULL)
            rc = is_rare ? workers_open(run, WORKER_PROGRAM_RARE, pool)
                         : run_open_pool(run);
        (void)sl_lock_release(&run->opening_pool); /* this task holds it */
    }
    *out = *pool;
    return rc;
}

int workers_run(sl_pool *pool, const sl_job_request *request)
{
    int rc = 0;

    for (int try = 1; try <= TRIES; try++) {
        rc = sl_pool_run(pool, request);
        if (rc != SL_EWORKERDIED)
            break;
    }
    return rc;
}

/* Whether it could wait for the workers or had to kill them: they end. */
static void close_pool(sl_pool **pool)
{
    sl_pool *closing = *pool;

    *pool = NULL;
    if (closing != NULL && sl_pool_close(closing) < 0)
        return;
}

void workers_close(run *run)
{
    close_pool(&run->rare_pool);
    close_pool(&run->pool);
    trays_fini(&run->trays);
}
