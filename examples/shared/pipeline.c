/* What the four versions of the picture pipeline have in common. */
#include "pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <starling/error.h>

#include "gallery.h"
#include "picture.h"
#include "program.h"

enum { PICTURES = 12 };

static void make_folder(const char *path)
{
    if (mkdir(path, 0777) < 0 && errno != EEXIST) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
}

static const char *const *open_gallery(pipeline *pipeline)
{
    int rc = gallery_open(&pipeline->gallery, PICTURES, scaled(SL_MS(200)));

    if (rc < 0) {
        fprintf(stderr, "gallery: %s\n", sl_strerror(rc));
        exit(1);
    }
    pipeline->count = PICTURES;
    return gallery_urls(pipeline->gallery);
}

void pipeline_begin(pipeline *pipeline, int *argc, char **argv)
{
    const char *const *urls = (const char *const *)argv + 1;

    pipeline->limit = take_count(argc, argv, "--limit", 4);
    pipeline->workers = take_count(argc, argv, "--workers", 0);
    expect_arguments(*argc, argv, 0, 10000,
                     "pipeline [--limit N] [--workers N] [URL...]");
    if (pipeline->limit < 1) {
        fputs("--limit 0 would wait for ever\n", stderr);
        exit(2);
    }
    pipeline->gallery = NULL;
    pipeline->count = *argc - 1;
    if (*argc < 2)
        urls = open_gallery(pipeline);
    make_folder("original_images");
    make_folder("processed_images");
    pipeline->items = calloc((size_t)pipeline->count, sizeof(item));
    if (pipeline->items == NULL)
        exit(1);
    for (int i = 0; i < pipeline->count; i++) {
        item *item = &pipeline->items[i];

        item->url = urls[i];
        snprintf(item->original, PATH_SIZE, "original_images/image_%d.jpg",
                 i + 1);
        snprintf(item->processed, PATH_SIZE, "processed_images/image_%d.jpg",
                 i + 1);
    }
}

void pipeline_end(pipeline *pipeline)
{
    gallery_close(pipeline->gallery);
    free(pipeline->items);
}

paths paths_of(const item *item)
{
    paths paths;

    memcpy(paths.in, item->original, PATH_SIZE);
    memcpy(paths.out, item->processed, PATH_SIZE);
    return paths;
}

int process_picture(const paths *paths)
{
    picture original, edges = { 0 };
    int rc = picture_load(&original, paths->in);

    if (rc < 0)
        return rc;
    rc = picture_find_edges(&edges, &original);
    if (rc == 0)
        rc = picture_save(&edges, paths->out);
    picture_fini(&original);
    picture_fini(&edges);
    return rc;
}

int process_job(const void *in, size_t in_size, void *out, size_t capacity)
{
    (void)in_size;
    (void)out;
    (void)capacity;
    return process_picture(in);
}

static void print_summary(int count, double downloading, double processing)
{
    double total = downloading + processing;

    printf("\nDownloaded %d images in: %.2f seconds. "
           "%.2f%% of total time\n",
           count, downloading, downloading / total * 100);
    printf("Processed %d images in: %.2f seconds. "
           "%.2f%% of total time\n\n",
           count, processing, processing / total * 100);
    printf("Total execution time: %.2f seconds. 100.00%% of total time\n",
           total);
}

int pipeline_run(const pipeline *pipeline, pipeline_step *download,
                 pipeline_step *process)
{
    sl_time begin = sl_now();
    double downloading;
    int rc = download(pipeline);

    if (rc < 0)
        return rc;
    downloading = seconds_since(begin);
    begin = sl_now();
    rc = process(pipeline);
    if (rc == 0)
        print_summary(pipeline->count, downloading, seconds_since(begin));
    return rc;
}
