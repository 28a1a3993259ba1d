/* starling demo: the whole thing on this machine alone.
 *
 * The workers draw star fields, whose truth is thereby known; the origin serves
 * them, and a few days that are no good on purpose; and then apod's own code
 * runs against it. The pictures stay in shared memory, where the workers put
 * them: nothing is written outside of the run's folder.
 */
#include "cmd/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/future.h>

#include "cmd/skies.h"
#include "cmd/truth.h"
#include "origin/demo_items.h"
#include "origin/origin.h"
#include "worker/job.h"

enum { DEMO_SEED = 2026, PER_HOST = 16, URL_SIZE = 512 };

typedef struct demo {
    run *run;
    demo_item items[DEMO_ITEMS];
    origin_day days[DEMO_ITEMS];
    char urls[DEMO_ITEMS][URL_SIZE]; /* "" for a day without a picture */
    sky skies[DEMO_ITEMS];
    unsigned char *bomb;
    size_t bomb_size;
    origin *origin;
} demo;

/* Serving. */

static int offer(demo *demo, int i)
{
    const demo_item *item = &demo->items[i];
    const sky *sky = &demo->skies[i];
    origin_item offered = { .path = item->day.url,
                            .content_type = item->content_type };

    switch (item->kind) {
    case DEMO_VIDEO:
        return 0;
    case DEMO_PAGE:
        offered.data = demo_page();
        offered.size = strlen(demo_page());
        break;
    case DEMO_BOMB:
        offered.data = demo->bomb;
        offered.size = demo->bomb_size;
        break;
    case DEMO_BUSY:
        offered.refusals = 1;
        offered.retry_after = 1;
        /* fall through */
    case DEMO_SKY:
    case DEMO_CUT:
        offered.data = sky_picture(sky);
        offered.size = item->kind == DEMO_CUT
                           ? demo_cut_size(sky->answer.picture_size)
                           : sky->answer.picture_size;
    }
    return origin_add(demo->origin, &offered);
}

static int open_origin(demo *demo)
{
    int rc;

    for (int i = 0; i < DEMO_ITEMS; i++)
        demo->days[i] = demo->items[i].day;
    rc = demo_bomb(DEMO_BOMB_SIDE_PX, &demo->bomb, &demo->bomb_size);
    if (rc == 0)
        rc = origin_open(
            &(origin_options){ .days = demo->days, .day_count = DEMO_ITEMS },
            &demo->origin);
    for (int i = 0; i < DEMO_ITEMS && rc == 0; i++) {
        rc = offer(demo, i);
        if (demo->items[i].kind != DEMO_VIDEO)
            snprintf(demo->urls[i], URL_SIZE, "%s%s", origin_url(demo->origin),
                     demo->items[i].day.url);
    }
    return rc;
}

/* What the run wants to know of the items. */

static int item_of(const demo *demo, const char *url)
{
    for (int i = 0; i < DEMO_ITEMS; i++)
        if (demo->urls[i][0] != '\0' && strcmp(demo->urls[i], url) == 0)
            return i;
    return -1;
}

static bool must_fail(void *context, const char *url)
{
    demo *demo = context;
    int i = item_of(demo, url);

    return i >= 0 && demo_item_must_fail(&demo->items[i]);
}

static int64_t count_truth(void *context, const char *url)
{
    demo *demo = context;
    int i = item_of(demo, url);

    if (i < 0 || demo->items[i].width == 0)
        return -1;
    return truth_count(demo->skies[i].memory.data,
                       demo->skies[i].answer.star_count);
}

/* The service lists the days in this order, and apod numbers the pictures
 * among them. */
static int write_truth(void *arg)
{
    demo *demo = arg;
    truth_picture pictures[DEMO_ITEMS];
    int place = 0, count = 0;

    for (int i = 0; i < DEMO_ITEMS; i++) {
        if (demo->items[i].kind == DEMO_VIDEO)
            continue;
        if (demo_item_is_good(&demo->items[i])) {
            truth_picture *picture = &pictures[count++];

            snprintf(picture->image, sizeof picture->image, "space_%d.jpg",
                     place);
            picture->stars = demo->skies[i].memory.data;
            picture->count = demo->skies[i].answer.star_count;
        }
        place++;
    }
    return truth_write(store_folder(demo->run->books.store, STORE_RUN),
                       pictures, count);
}

static int fill(run *run, void *context)
{
    demo *demo = context;
    int rc = sl_crew_call(run->files, write_truth, demo);
    apod_question question = { .base_url = origin_url(demo->origin),
                               .api_key = "DEMO_KEY",
                               .count = DEMO_ITEMS };

    if (rc < 0) {
        run_fail(run, files_exit_status(rc), "cannot write %s/truth.csv: %s",
                 run->out, files_reason(rc));
        return rc;
    }
    return apod_fill(run, &question);
}

/* The pieces in order. */

static int go(demo *demo)
{
    run_plan plan = { .command = "demo",
                      .option_text = "",
                      .originals = "space_images",
                      .fresh = true,
                      .per_host = PER_HOST,
                      .allow_loopback = true,
                      .fill = fill,
                      .context = demo,
                      .must_fail = must_fail,
                      .expected_failures = DEMO_FAILING,
                      .truth = count_truth };
    sl_group group;
    int status;

    sl_group_open(&group);
    sl_group_spawn(&group, origin_serve, demo->origin);
    demo->run->start = sl_now();
    status = run_whole(demo->run, &plan);
    sl_group_cancel(&group);
    if (sl_group_close(&group) < 0 && status == STATUS_DONE)
        status = STATUS_INTERNAL;
    return status;
}

static void clean_up(demo *demo)
{
    if (demo->origin != NULL)
        origin_close(demo->origin);
    skies_free(demo->skies, DEMO_ITEMS);
    free(demo->bomb);
}

int command_demo(run *run)
{
    demo *demo = calloc(1, sizeof *demo);
    int rc, status;

    if (demo == NULL)
        return STATUS_INTERNAL;
    demo->run = run;
    demo_items_fill(DEMO_SEED, demo->items);
    console_message(run->console, "drawing %d star fields", DEMO_GOOD + 1);
    rc = run_open_pool(run);
    if (rc == 0)
        rc = skies_draw(run->pool, demo->items, demo->skies, DEMO_ITEMS);
    if (rc == 0)
        rc = open_origin(demo);
    if (rc == 0) {
        status = go(demo);
    } else {
        run_fail(run, STATUS_INTERNAL, "cannot set the demo up: %s",
                 sl_explain(rc));
        status = run_abandon(run);
    }
    clean_up(demo);
    free(demo);
    return status;
}
