/* A small service: pictures from URLs into an input folder, a thumbnail of each
 * in three widths into an output folder. Downloading waits, resizing computes,
 * and the mode says who does what:
 *
 *     seq        one after the other, on this thread
 *     threads    each download and each resize on a thread of a pool
 *     procs      downloads on threads, resizes in worker processes
 *     pool       one pool of threads, and a picture is resized as soon as it is
 *                there, not when all are
 *     async      downloads are tasks on the loop, resizes in worker processes
 *
 *     thumbnail_maker [--mode MODE] [--home FOLDER] [URL...]
 *
 * Without a mode all five run, and must make the same bytes. What the service
 * does is written to thumbnail_maker.log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling.h>

#include "shared/gallery.h"
#include "shared/program.h"
#include "shared/thumbnails.h"

enum { PICTURES = 26 };

static const struct mode {
    const char *name;
    int (*make)(service *service);
} modes[] = {
    { "seq", make_thumbnails_seq },     { "threads", make_thumbnails_threads },
    { "procs", make_thumbnails_procs }, { "pool", make_thumbnails_pool },
    { "async", make_thumbnails_async },
};

enum { MODES = sizeof modes / sizeof modes[0] };

struct times {
    double download, resize, total;
};

static int run_mode(service *service, const struct mode *mode,
                    struct times *times)
{
    int rc;

    service_log(service, "START make_thumbnails (%s)", mode->name);
    service->begin = sl_now();
    rc = mode->make(service);
    if (rc < 0)
        return rc;
    times->download = service->download_seconds;
    times->resize = service->resize_seconds;
    times->total = seconds_since(service->begin);
    service_log(service, "END make_thumbnails in %.2f seconds", times->total);
    return 0;
}

static void print_times(const struct mode *mode, const struct times *times)
{
    if (times->download > 0)
        printf("%-8s %9.2f %9.2f %9.2f\n", mode->name, times->download,
               times->resize, times->total);
    else /* the two overlap: there is no end of the first */
        printf("%-8s %9s %9s %9.2f\n", mode->name, "-", "-", times->total);
}

static int run(service *service, const char *wanted)
{
    struct times times[MODES] = { 0 };
    int rc = 0;

    if (service->count == 0)
        return 0; /* nothing to do, and nothing is done */
    for (int i = 0; i < MODES && rc == 0; i++)
        if (wanted == NULL || strcmp(wanted, modes[i].name) == 0)
            rc = run_mode(service, &modes[i], &times[i]);
    if (rc < 0)
        return rc;
    printf("%d pictures, %d thumbnails\n", service->count,
           service->count * THUMBNAIL_WIDTHS);
    printf("%-8s %9s %9s %9s\n", "mode", "download", "resize", "total");
    for (int i = 0; i < MODES; i++)
        if (times[i].total > 0)
            print_times(&modes[i], &times[i]);
    return 0;
}

static bool is_mode(const char *name)
{
    for (int i = 0; i < MODES; i++)
        if (strcmp(name, modes[i].name) == 0)
            return true;
    return false;
}

static int app(void *arg)
{
    command *command = arg;
    const char *mode, *home;
    gallery *gallery = NULL;
    service service;
    int rc = 0;

    program_begin(&command->argc, command->argv);
    mode = take_option(&command->argc, command->argv, "--mode", NULL);
    home = take_option(&command->argc, command->argv, "--home", ".");
    expect_arguments(command->argc, command->argv, 0, 10000,
                     "thumbnail_maker [--mode seq|threads|procs|pool|async] "
                     "[--home FOLDER] [URL...]");
    if (mode != NULL && !is_mode(mode)) {
        fprintf(stderr, "--mode %s: seq, threads, procs, pool or async\n",
                mode);
        exit(2);
    }
    if (command->argc < 2)
        rc = gallery_open(&gallery, PICTURES, scaled(SL_MS(100)));
    if (rc < 0)
        return rc;
    rc = gallery != NULL
             ? service_open(&service, home, gallery_urls(gallery), PICTURES)
             : service_open(&service, home,
                            (const char *const *)command->argv + 1,
                            command->argc - 1);
    if (rc == 0) {
        rc = run(&service, mode);
        service_close(&service);
    }
    gallery_close(gallery);
    return rc;
}

int main(int argc, char **argv)
{
    command command = { argc, argv };

    return sl_main(argc, argv, app, &command);
}
