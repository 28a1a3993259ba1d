/* Five ways through the same work. Each is the two operations of the service,
 * download_images() and perform_resizing(), handed to somebody else. */
#include <errno.h>
#include <stdlib.h>

#include <starling.h>

#include "download.h"
#include "program.h"
#include "thumbnails.h"

struct download_order {
    const char *url, *path;
    char error[512];
};

/* On a thread. */
static int download_call(void *arg)
{
    struct download_order *order = arg;

    return download_blocking(order->url, order->path, order->error,
                             sizeof order->error);
}

static int resize_call(void *arg)
{
    return resize_job(arg, sizeof(source), NULL, 0);
}

struct step_args {
    service *service;
    int at;
    sl_crew *crew;          /* or */
    sl_pool *pool;          /* or */
    sl_http_client *client; /* who does it */
};

static int download_step(void *arg)
{
    struct step_args *args = arg;
    struct download_order order = {
        .url = args->service->urls[args->at],
        .path = args->service->sources[args->at].path,
    };
    int rc;

    if (args->client != NULL)
        return download(args->client, order.url, order.path);
    rc = args->crew != NULL ? sl_crew_call(args->crew, download_call, &order)
                            : download_call(&order);
    return rc < 0 && rc != SL_ECANCELED ? sl_fail(rc, "%s", order.error) : rc;
}

static int resize_step(void *arg)
{
    struct step_args *args = arg;
    source *source = &args->service->sources[args->at];
    sl_job_request request = { .function = resize_job,
                               .in = source,
                               .in_size = sizeof *source };
    int rc;

    if (args->pool != NULL)
        rc = sl_pool_run(args->pool, &request);
    else if (args->crew != NULL)
        rc = sl_crew_call(args->crew, resize_call, source);
    else
        rc = resize_call(source);
    return rc < 0 && rc != SL_ECANCELED
               ? sl_fail(rc, "%s: %s", source->path, sl_strerror(rc))
               : rc;
}

static int both_steps(void *arg)
{
    int rc = download_step(arg);

    return rc < 0 ? rc : resize_step(arg);
}

/* A task for each picture; the first failure stops the others. */
static int for_each(sl_fn *step, struct step_args args)
{
    sl_group group;

    sl_group_open(&group);
    for (args.at = 0; args.at < args.service->count; args.at++)
        sl_group_spawn_copy(&group, step, &args, sizeof args);
    return sl_group_close(&group);
}

static int in_turn(sl_fn *step, struct step_args args)
{
    int rc = 0;

    for (args.at = 0; args.at < args.service->count && rc == 0; args.at++)
        rc = step(&args);
    return rc;
}

typedef int through(sl_fn *step, struct step_args args);

static int download_images(through *through, struct step_args args)
{
    service *service = args.service;
    sl_time begin = sl_now();
    int rc;

    service_log(service, "beginning image downloads");
    rc = through(download_step, args);
    if (rc < 0)
        return rc;
    service->download_seconds = seconds_since(begin);
    service_log(service, "downloaded %d images in %.2f seconds", service->count,
                service->download_seconds);
    return 0;
}

static int perform_resizing(through *through, struct step_args args)
{
    service *service = args.service;
    sl_time begin = sl_now();
    int rc;

    service_log(service, "beginning image resizing");
    rc = through(resize_step, args);
    if (rc < 0)
        return rc;
    service->resize_seconds = seconds_since(begin);
    service_log(service, "created %d thumbnails of %d images in %.2f seconds",
                service->count * THUMBNAIL_WIDTHS, service->count,
                service->resize_seconds);
    return 0;
}

int make_thumbnails_seq(service *service)
{
    struct step_args args = { .service = service };
    int rc;

    download_blocking_begin();
    rc = download_images(in_turn, args);
    return rc < 0 ? rc : perform_resizing(in_turn, args);
}

/* As many threads as there are pictures to wait for. */
static sl_crew *download_crew(const service *service)
{
    download_blocking_begin();
    return sl_crew_new(service->count < 32 ? service->count : 32, "download");
}

int make_thumbnails_threads(service *service)
{
    sl_crew *downloaders = download_crew(service);
    sl_crew *resizers = sl_crew_new(sl_cores(), "resize");
    int rc = -ENOMEM;

    if (downloaders != NULL && resizers != NULL) {
        rc = download_images(
            for_each,
            (struct step_args){ .service = service, .crew = downloaders });
        if (rc == 0)
            rc = perform_resizing(
                for_each,
                (struct step_args){ .service = service, .crew = resizers });
    }
    if (downloaders != NULL)
        sl_crew_free(downloaders);
    if (resizers != NULL)
        sl_crew_free(resizers);
    return rc;
}

static int resize_in_processes(service *service)
{
    sl_pool *pool = sl_process_pool_new(NULL);
    int rc, closed;

    if (pool == NULL)
        return -ENOMEM;
    rc = perform_resizing(
        for_each, (struct step_args){ .service = service, .pool = pool });
    closed = sl_pool_close(pool);
    return rc < 0 ? rc : closed;
}

int make_thumbnails_procs(service *service)
{
    sl_crew *downloaders = download_crew(service);
    int rc;

    if (downloaders == NULL)
        return -ENOMEM;
    rc = download_images(for_each, (struct step_args){ .service = service,
                                                       .crew = downloaders });
    sl_crew_free(downloaders);
    return rc < 0 ? rc : resize_in_processes(service);
}

int make_thumbnails_pool(service *service)
{
    sl_crew *crew = download_crew(service);
    int rc;

    if (crew == NULL)
        return -ENOMEM;
    service->download_seconds = service->resize_seconds = 0;
    service_log(service, "beginning image downloads and resizing");
    rc = for_each(both_steps,
                  (struct step_args){ .service = service, .crew = crew });
    sl_crew_free(crew);
    return rc;
}

int make_thumbnails_async(service *service)
{
    sl_http_client *client;
    int rc = download_client_new(&client);

    if (rc < 0)
        return rc;
    rc = download_images(
        for_each, (struct step_args){ .service = service, .client = client });
    sl_http_client_free(client);
    return rc < 0 ? rc : resize_in_processes(service);
}
