/* thumbnails.h: the thumbnail service. It has a folder `incoming` for the
 * pictures it downloads and one `outgoing` for the thumbnails it makes; a
 * picture is removed when its thumbnails are written. */
#ifndef THUMBNAILS_H
#define THUMBNAILS_H

#include <stdio.h>

#include <starling/clock.h>

enum { THUMBNAIL_WIDTHS = 3, SERVICE_PATH = 512 };

/* One picture; also what a worker gets to know of it. */
typedef struct source {
    char path[SERVICE_PATH], outgoing[SERVICE_PATH];
    char stem[128], suffix[16];
} source;

typedef struct service {
    const char *const *urls;
    source *sources; /* as many as URLs */
    int count;
    FILE *log;
    sl_time begin;
    double download_seconds, resize_seconds; /* 0 where they overlap */
} service;

/* Make the folders and decide on file names: the last part of the URL, with a
 * number where two are the same. Returns 0 or an error; `urls` is lent. */
int service_open(service *service, const char *home, const char *const *urls,
                 int count);
void service_close(service *service);

void service_log(service *service, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Both operations, one after the other or overlapping. 0 or an error. */
int make_thumbnails_seq(service *service);
int make_thumbnails_threads(service *service);
int make_thumbnails_procs(service *service);
int make_thumbnails_pool(service *service);
int make_thumbnails_async(service *service);

/* Make all thumbnails of one picture, and remove it. Blocks and computes; `in`
 * is a source. Returns 0 or an error. */
int resize_job(const void *in, size_t in_size, void *out, size_t capacity);

#endif
