/* The version for production: no more than four downloads at once, so that the
 * server and our own descriptors are spared, and one core is left to the loop
 * and everybody else.
 *
 *     pipeline_async_v3 [--limit 4] [--workers N] [URL...]
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>
#include <starling/http.h>

#include "shared/download.h"
#include "shared/pipeline.h"
#include "shared/program.h"

struct download_one_args {
    sl_http_client *client;
    sl_semaphore *limit;
    const item *item;
};

static int download_one(void *arg)
{
    struct download_one_args *args = arg;
    int rc = sl_semaphore_acquire(args->limit); /* first come, first served */

    if (rc < 0)
        return rc;
    printf("Downloading %s...\n", args->item->url);
    rc = download(args->client, args->item->url, args->item->original);
    sl_semaphore_release(args->limit);
    if (rc == 0)
        printf("Downloaded and saved to: %s\n", args->item->original);
    return rc;
}

static int download_all(const pipeline *pipeline)
{
    sl_semaphore limit = SL_SEMAPHORE_INIT(pipeline->limit);
    sl_http_client *client;
    sl_group group;
    int rc = download_client_new(&client);

    if (rc < 0)
        return rc;
    sl_group_open(&group);
    for (int i = 0; i < pipeline->count; i++)
        sl_go(&group, download_one, .client = client, .limit = &limit,
              .item = &pipeline->items[i]);
    rc = sl_group_close(&group);
    sl_http_client_free(client);
    return rc;
}

struct process_one_args {
    sl_pool *pool;
    const item *item;
};

/* A task a picture: it submits the job, waits for it, and takes it back if it
 * is cancelled because another picture failed. */
static int process_one(void *arg)
{
    struct process_one_args *args = arg;
    paths paths = paths_of(args->item);
    sl_job_request request = { .function = process_job,
                               .in = &paths,
                               .in_size = sizeof paths,
                               .limit = SL_S(30) };
    int rc = sl_pool_run(args->pool, &request);

    if (rc < 0)
        return rc == SL_ECANCELED
                   ? rc
                   : sl_fail(rc, "%s: %s", paths.in, sl_strerror(rc));
    printf("Processed %s and saved to %s\n", paths.in, paths.out);
    return 0;
}

/* Never less than one, also on a machine with a single core. */
static int workers_for(const pipeline *pipeline)
{
    int spared = sl_cores() - 1;

    if (pipeline->workers > 0)
        return pipeline->workers;
    return spared > 1 ? spared : 1;
}

static int process_all(const pipeline *pipeline)
{
    sl_process_pool_options options = { .workers = workers_for(pipeline) };
    sl_pool *pool = sl_process_pool_new(&options);
    sl_group group;
    int rc, closed;

    if (pool == NULL)
        return -ENOMEM;
    sl_group_open(&group);
    for (int i = 0; i < pipeline->count; i++)
        sl_go(&group, process_one, .pool = pool, .item = &pipeline->items[i]);
    rc = sl_group_close(&group);
    closed = sl_pool_close(pool);
    return rc < 0 ? rc : closed;
}

static int app(void *arg)
{
    command *command = arg;
    pipeline pipeline;
    int rc;

    program_begin(&command->argc, command->argv);
    pipeline_begin(&pipeline, &command->argc, command->argv);
    rc = pipeline_run(&pipeline, download_all, process_all);
    pipeline_end(&pipeline);
    return rc;
}

int main(int argc, char **argv)
{
    command command = { argc, argv };

    return sl_main(argc, argv, app, &command);
}
