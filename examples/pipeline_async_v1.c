/* The smallest step to concurrency: the same blocking calls as before, each on
 * a thread that a task waits for. Twelve downloads run at once as far as there
 * are threads: min(32, cores + 4).
 */
#include <stdio.h>

#include <starling.h>

#include "shared/download.h"
#include "shared/pipeline.h"
#include "shared/program.h"

struct call {
    const item *item;
    char error[512];
};

/* On a thread: it may block, and must not call anything that waits. */
static int download_on_thread(void *arg)
{
    struct call *call = arg;

    return download_blocking(call->item->url, call->item->original, call->error,
                             sizeof call->error);
}

static int download_one(void *arg)
{
    struct call call = { .item = arg };
    int rc;

    printf("Downloading %s...\n", call.item->url);
    rc = sl_to_thread(download_on_thread, &call);
    if (rc < 0)
        return rc == SL_ECANCELED ? rc : sl_fail(rc, "%s", call.error);
    printf("Downloaded and saved to: %s\n", call.item->original);
    return 0;
}

static int process_on_thread(void *arg)
{
    return process_picture(arg);
}

static int process_one(void *arg)
{
    paths paths = paths_of(arg);
    int rc = sl_to_thread(process_on_thread, &paths);

    if (rc < 0)
        return sl_fail(rc, "%s: %s", paths.in, sl_strerror(rc));
    printf("Processed %s and saved to %s\n", paths.in, paths.out);
    return 0;
}

/* The first failure cancels the others, and is what the close returns. */
static int each(const pipeline *pipeline, sl_fn *one)
{
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < pipeline->count; i++)
        sl_group_spawn(&group, one, &pipeline->items[i]);
    return sl_group_close(&group);
}

static int download_all(const pipeline *pipeline)
{
    return each(pipeline, download_one);
}

static int process_all(const pipeline *pipeline)
{
    return each(pipeline, process_one);
}

static int app(void *pipeline)
{
    return pipeline_run(pipeline, download_all, process_all);
}

int main(int argc, char **argv)
{
    pipeline pipeline;
    int status;

    program_begin(&argc, argv);
    download_blocking_begin();
    pipeline_begin(&pipeline, &argc, argv);
    status = sl_main(argc, argv, app, &pipeline);
    pipeline_end(&pipeline);
    return status;
}
