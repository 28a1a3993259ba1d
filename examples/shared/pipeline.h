/* pipeline.h: what the four versions of the picture pipeline have in common:
 * twelve pictures are downloaded into original_images/, and their edges go to
 * processed_images/. The versions differ in who waits for whom. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <stddef.h>

#include <starling/clock.h>

enum { PATH_SIZE = 64 };

typedef struct item {
    const char *url;
    char original[PATH_SIZE], processed[PATH_SIZE];
} item;

typedef struct pipeline {
    int count;
    item *items;
    int limit;   /* downloads at once, where the version has a limit */
    int workers; /* 0: the version's own choice */
    struct gallery *gallery;
} pipeline;

/* The two paths of a picture, which is all a worker process needs to know. */
typedef struct paths {
    char in[PATH_SIZE], out[PATH_SIZE];
} paths;

/* Take the options out of the arguments, and the URLs from what is left;
 * without any those of a gallery. Makes the folders. Ends the program if that
 * is not possible. */
void pipeline_begin(pipeline *pipeline, int *argc, char **argv);
void pipeline_end(pipeline *pipeline);

/* Load, find edges, save. Blocks and computes. 0 or an error. */
int process_picture(const paths *paths);

/* The same as a job for a pool; `in` is a struct paths. */
int process_job(const void *in, size_t in_size, void *out, size_t capacity);

paths paths_of(const item *item);

/* Download everything, then process everything, and tell how long either took.
 * Returns 0 or the first error. */
typedef int pipeline_step(const pipeline *pipeline);
int pipeline_run(const pipeline *pipeline, pipeline_step *download,
                 pipeline_step *process);

#endif
