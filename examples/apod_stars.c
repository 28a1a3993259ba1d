/* Ten pictures of the sky, downloaded at once, and their stars counted on every
 * core: asynchronous waiting and a pool of processes on one loop. `starling
 * apod` is this program's grown-up sister.
 *
 *     apod_stars [--base-url URL] [--api-key KEY] [--count 10]
 *
 * Without a base URL a server in this very program draws the pictures. The real
 * service is https://api.nasa.gov and wants a key of yours.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling.h>
#include <starling/http.h>

#include "shared/bar.h"
#include "shared/download.h"
#include "shared/gallery.h"
#include "shared/picture.h"
#include "shared/program.h"

enum { NAME_SIZE = 32, PATH_SIZE = 64, MOST = 100 };

struct sky {
    char url[1024], name[NAME_SIZE];
    int outcome;   /* of the download */
    char why[256]; /* it failed */
    int stars;
};

struct app {
    sl_http_client *client;
    struct sky skies[MOST];
    int count, downloaded;
    bar bar;
};

/* In a worker process: read, find, mark, write. `in` is the name. */
static int detect_stars_and_process(const void *in, size_t in_size, void *out,
                                    size_t capacity)
{
    char path[PATH_SIZE];
    picture picture;
    int rc, stars;

    (void)in_size;
    (void)capacity;
    snprintf(path, sizeof path, "space_images/%s", (const char *)in);
    rc = picture_load(&picture, path);
    if (rc < 0)
        return rc;
    stars = picture_mark_stars(&picture);
    snprintf(path, sizeof path, "processed_images/detected_%s",
             (const char *)in);
    rc = stars < 0 ? stars : picture_save(&picture, path);
    picture_fini(&picture);
    memcpy(out, &stars, sizeof stars);
    return rc < 0 ? rc : (int)sizeof stars;
}

/* The high-definition address if there is one; items that are no image have
 * none. Numbers count images only. */
static void add_item(struct app *app, const json_t *item)
{
    const char *type = json_string_value(json_object_get(item, "media_type"));
    const char *url = json_string_value(json_object_get(item, "hdurl"));
    struct sky *sky = &app->skies[app->count];

    if (url == NULL)
        url = json_string_value(json_object_get(item, "url"));
    if (app->count == MOST || type == NULL || strcmp(type, "image") != 0 ||
        url == NULL || strlen(url) >= sizeof sky->url)
        return;
    strcpy(sky->url, url);
    snprintf(sky->name, sizeof sky->name, "space_%d.jpg", app->count++);
}

static int ask_for_list(struct app *app, const char *url)
{
    sl_http_response response;
    json_t *list = NULL;
    int rc = sl_http_get(app->client, url, NULL, &response);

    if (rc == 0 && response.status != 200)
        rc = sl_fail(-EIO, "the service answered %d", response.status);
    if (rc == 0) {
        list = json_loadb(response.body.data, response.body.size, 0, NULL);
        if (!json_is_array(list))
            rc = sl_fail(-EPROTO, "the service's answer is no list");
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
        add_item(app, json_array_get(list, i));
    json_decref(list);
    sl_http_response_fini(&response);
    return rc;
}

struct fetch_args {
    struct app *app;
    struct sky *sky;
};

/* A failed download is this picture's affair: it is noted, not passed on. */
static int fetch(void *arg)
{
    struct fetch_args *args = arg;
    struct sky *sky = args->sky;
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "space_images/%s", sky->name);
    sky->outcome = download(args->app->client, sky->url, path);
    if (sky->outcome == SL_ECANCELED)
        return SL_ECANCELED;
    if (sky->outcome < 0)
        snprintf(sky->why, sizeof sky->why, "%s", sl_errmsg());
    bar_show(&args->app->bar, ++args->app->downloaded);
    return 0;
}

static int download_all(struct app *app)
{
    sl_group group;
    int rc;

    printf("\n📡 Requesting %d images from NASA...\n", app->count);
    app->bar = bar_begin("Downloading", app->count, "img");
    sl_group_open(&group);
    for (int i = 0; i < app->count; i++)
        sl_go(&group, fetch, .app = app, .sky = &app->skies[i]);
    rc = sl_group_close(&group);
    bar_end(&app->bar, app->downloaded);
    return rc;
}

static int analyse_in(sl_pool *pool, struct app *app, sl_future *futures[])
{
    int rc = 0;

    for (int i = 0; i < app->count && rc == 0; i++) {
        struct sky *sky = &app->skies[i];

        if (sky->outcome < 0)
            continue;
        futures[i] =
            sl_pool_submit(pool, detect_stars_and_process, sky->name,
                           sizeof sky->name, &sky->stars, sizeof sky->stars);
        rc = futures[i] == NULL ? -ENOMEM : 0;
    }
    for (int i = 0, done = 0; i < app->count && rc == 0; i++) {
        if (futures[i] == NULL)
            continue;
        rc = sl_future_wait(futures[i]);
        if (rc == SL_ECANCELED)
            break;
        app->skies[i].outcome = rc < 0 ? rc : 0;
        if (rc < 0)
            snprintf(app->skies[i].why, sizeof app->skies[i].why, "%s",
                     sl_strerror(rc));
        rc = 0;
        bar_show(&app->bar, ++done);
    }
    return rc;
}

static int analyse_all(struct app *app)
{
    sl_future *futures[MOST] = { NULL };
    sl_pool *pool = sl_process_pool_new(NULL); /* as many as cores */
    int rc, closed;

    if (pool == NULL)
        return -ENOMEM;
    puts("\n🔭 Analyzing imagery on all CPU cores...");
    app->bar = bar_begin("Analyzing", app->count, "img");
    rc = analyse_in(pool, app, futures);
    bar_end(&app->bar, app->count);
    closed = sl_pool_close(pool);
    for (int i = 0; i < app->count; i++)
        sl_future_drop(futures[i]);
    return rc < 0 ? rc : closed;
}

/* Returns how many failed. */
static int print_summary(const struct app *app)
{
    int failed = 0;

    puts("\n✨ Project Summary! 🚀");
    for (int i = 0; i < app->count; i++) {
        const struct sky *sky = &app->skies[i];

        if (sky->outcome < 0) {
            printf("Error downloading %s: %s\n", sky->name, sky->why);
            failed++;
        } else {
            printf("🔍 Found %d stars in %s\n", sky->stars, sky->name);
        }
    }
    return failed;
}

static int make_folders(void)
{
    int rc = sl_folder_make("space_images", 0777);

    if (rc == 0 || rc == -EEXIST)
        rc = sl_folder_make("processed_images", 0777);
    return rc == -EEXIST ? 0 : rc;
}

static int run(struct app *app, const char *list_url)
{
    sl_time begin = sl_now();
    int rc = make_folders(), failed;

    if (rc == 0)
        rc = ask_for_list(app, list_url);
    if (rc == 0)
        rc = download_all(app);
    if (rc == 0)
        rc = analyse_all(app);
    if (rc < 0)
        return rc;
    failed = print_summary(app);
    printf("\n🎉 Project completed in %.2f seconds!\n", seconds_since(begin));
    return failed > 0 ? sl_fail(-EIO, "%d of %d failed", failed, app->count)
                      : 0;
}

static void refuse_placeholder(const char *key)
{
    if (strcmp(key, "YOUR_NASA_API_KEY_HERE") == 0) {
        fputs("apod_stars: that is the placeholder, not a key\n", stderr);
        exit(2);
    }
}

static int app(void *arg)
{
    static struct app app;
    command *command = arg;
    gallery *gallery = NULL;
    const char *base, *key;
    char url[1024];
    int count, rc = 0;

    program_begin(&command->argc, command->argv);
    base = take_option(&command->argc, command->argv, "--base-url", NULL);
    key = take_option(&command->argc, command->argv, "--api-key", "DEMO_KEY");
    count = take_count(&command->argc, command->argv, "--count", 10);
    expect_arguments(command->argc, command->argv, 0, 0,
                     "apod_stars [--base-url URL] [--api-key KEY] [--count N]");
    refuse_placeholder(key);
    if (base == NULL)
        rc = gallery_open(&gallery, count, scaled(SL_MS(200)));
    if (rc == 0)
        rc = download_client_new(&app.client);
    if (rc < 0)
        return rc;
    snprintf(url, sizeof url, "%s/planetary/apod?api_key=%s&count=%d",
             base ? base : "", key, count);
    rc = run(&app, base ? url : gallery_list_url(gallery));
    sl_http_client_free(app.client);
    gallery_close(gallery);
    return rc;
}

int main(int argc, char **argv)
{
    command command = { argc, argv };

    return sl_main(argc, argv, app, &command);
}
