/* The pipeline without any concurrency: one download after the other, then one
 * picture after the other. Nobody waits for anything but in turn, and the
 * processor is idle during every download.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/download.h"
#include "shared/pipeline.h"
#include "shared/program.h"

static int download_all(const pipeline *pipeline)
{
    char error[512];

    for (int i = 0; i < pipeline->count; i++) {
        const item *item = &pipeline->items[i];

        printf("Downloading %s...\n", item->url);
        if (download_blocking(item->url, item->original, error, sizeof error) <
            0) {
            fprintf(stderr, "pipeline_sync_v1: %s\n", error);
            return -1;
        }
        printf("Downloaded and saved to: %s\n", item->original);
    }
    return 0;
}

static int process_all(const pipeline *pipeline)
{
    for (int i = 0; i < pipeline->count; i++) {
        paths paths = paths_of(&pipeline->items[i]);
        int rc = process_picture(&paths);

        if (rc < 0) {
            fprintf(stderr, "%s: %s\n", paths.in, sl_strerror(rc));
            return rc;
        }
        printf("Processed %s and saved to %s\n", paths.in, paths.out);
    }
    return 0;
}

int main(int argc, char **argv)
{
    pipeline pipeline;
    int rc;

    program_begin(&argc, argv);
    download_blocking_begin();
    pipeline_begin(&pipeline, &argc, argv);
    rc = pipeline_run(&pipeline, download_all, process_all);
    pipeline_end(&pipeline);
    return rc < 0;
}
