/* No thread waits for the network any more: each download is a task on the
 * loop, all twelve in flight at once. The pictures go to a pool of processes,
 * one a core; the loop is free meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <starling.h>
#include <starling/http.h>

#include "shared/download.h"
#include "shared/pipeline.h"
#include "shared/program.h"

struct download_one_args {
    sl_http_client *client;
    const item *item;
};

static int download_one(void *arg)
{
    struct download_one_args *args = arg;
    int rc;

    printf("Downloading %s...\n", args->item->url);
    rc = download(args->client, args->item->url, args->item->original);
    if (rc == 0)
        printf("Downloaded and saved to: %s\n", args->item->original);
    return rc;
}

static int download_all(const pipeline *pipeline)
{
    sl_http_client *client;
    sl_group group;
    int rc = download_client_new(&client);

    if (rc < 0)
        return rc;
    sl_group_open(&group);
    for (int i = 0; i < pipeline->count; i++)
        sl_go(&group, download_one, .client = client,
              .item = &pipeline->items[i]);
    rc = sl_group_close(&group);
    sl_http_client_free(client);
    return rc;
}

/* One job a picture; they are waited for in the order of the input. */
static int process_in(sl_pool *pool, const pipeline *pipeline,
                      sl_future *futures[], paths all[])
{
    int rc = 0;

    for (int i = 0; i < pipeline->count && rc == 0; i++) {
        all[i] = paths_of(&pipeline->items[i]);
        futures[i] =
            sl_pool_submit(pool, process_job, &all[i], sizeof all[i], NULL, 0);
        rc = futures[i] == NULL ? -ENOMEM : 0;
    }
    for (int i = 0; i < pipeline->count && rc == 0; i++) {
        rc = sl_future_wait(futures[i]);
        if (rc == 0)
            printf("Processed %s and saved to %s\n", all[i].in, all[i].out);
        else if (rc != SL_ECANCELED)
            sl_fail(rc, "%s: %s", all[i].in, sl_strerror(rc));
    }
    return rc;
}

static int process_all(const pipeline *pipeline)
{
    sl_process_pool_options options = { .workers = pipeline->workers };
    size_t count = (size_t)pipeline->count;
    sl_pool *pool = sl_process_pool_new(&options);
    sl_future **futures = calloc(count, sizeof(sl_future *));
    paths *all = calloc(count, sizeof *all);
    int rc = -ENOMEM, closed = 0;

    if (pool != NULL && futures != NULL && all != NULL)
        rc = process_in(pool, pipeline, futures, all);
    if (pool != NULL)
        closed = sl_pool_close(pool); /* jobs lend from all[] until now */
    for (size_t i = 0; futures != NULL && i < count; i++)
        sl_future_drop(futures[i]);
    free(futures);
    free(all);
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
