/* serve_demo [-g] [-k SETS] [-s SEED] [-p PORT] [-l LATENCY_MS]
 *
 * The demo's days on loopback, for peers that are measured beside the tool.
 * With -g only the good pictures and none of them busy at first, so that nobody
 * waits for Retry-After; -k gives as many times as many, from seeds that follow
 * each other. Prints the base URL when all is drawn, then serves until it is
 * interrupted.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/loop.h>

#include "origin/origin.h"
#include "skies.h"

enum { SETS_MAX = 8, URL_ROOM = 64 };

/* One day as served, with what it holds on to. */
typedef struct served_day {
    demo_item item;
    char url[URL_ROOM];
    sky_file sky;
    unsigned char *bomb;
} served_day;

typedef struct served {
    bool good_only;
    int sets, port;
    uint64_t seed;
    sl_time latency;
    served_day list[SETS_MAX * DEMO_ITEMS];
    origin_day days[SETS_MAX * DEMO_ITEMS];
    size_t count;
    origin *origin;
} served;

static void list_days(served *served)
{
    demo_item items[DEMO_ITEMS];

    for (int set = 0; set < served->sets; set++) {
        demo_items_fill(served->seed + (uint64_t)set, items);
        for (int i = 0; i < DEMO_ITEMS; i++) {
            served_day *day = &served->list[served->count];

            if (served->good_only && !demo_item_is_good(&items[i]))
                continue;
            day->item = items[i];
            if (served->good_only)
                day->item.kind = DEMO_SKY;
            snprintf(day->url, sizeof day->url, "/%d%s", set, items[i].day.url);
            day->item.day.url = day->url;
            if (day->item.day.hdurl != NULL)
                day->item.day.hdurl = day->url;
            served->days[served->count++] = day->item.day;
        }
    }
}

static int add(served *served, const demo_item *item, const void *data,
               size_t size)
{
    return origin_add(served->origin,
                      &(origin_item){ .path = item->day.url,
                                      .content_type = item->content_type,
                                      .data = data,
                                      .size = size,
                                      .refusals = item->kind == DEMO_BUSY,
                                      .retry_after = 1 });
}

static int add_bomb(served *served, served_day *day)
{
    size_t size;
    int rc = demo_bomb(DEMO_BOMB_SIDE_PX, &day->bomb, &size);

    return rc < 0 ? rc : add(served, &day->item, day->bomb, size);
}

static int add_sky(served *served, served_day *day)
{
    int rc = sky_file_draw(&day->item, &day->sky);
    size_t size = day->sky.jpeg_size;

    if (rc < 0)
        return rc;
    if (day->item.kind == DEMO_CUT)
        size = demo_cut_size(size);
    return add(served, &day->item, day->sky.jpeg, size);
}

static int add_day(served *served, served_day *day)
{
    switch (day->item.kind) {
    case DEMO_SKY:
    case DEMO_BUSY:
    case DEMO_CUT:
        return add_sky(served, day);
    case DEMO_PAGE:
        return add(served, &day->item, demo_page(), strlen(demo_page()));
    case DEMO_BOMB:
        return add_bomb(served, day);
    case DEMO_VIDEO:
        return 0; /* nobody is to ask for it */
    }
    return -EINVAL;
}

static int serve(served *served)
{
    origin_options options = { .port = served->port,
                               .days = served->days,
                               .day_count = served->count,
                               .latency = served->latency,
                               .rate_limit = UINT32_MAX };
    int rc = origin_open(&options, &served->origin);

    for (size_t i = 0; i < served->count && rc == 0; i++)
        rc = add_day(served, &served->list[i]);
    if (rc < 0)
        return rc;
    printf("%s\n", origin_url(served->origin));
    fflush(stdout);
    return origin_serve(served->origin);
}

static int run(void *arg)
{
    served *served = arg;
    int rc;

    list_days(served);
    rc = serve(served);
    if (served->origin != NULL)
        origin_close(served->origin);
    for (size_t i = 0; i < served->count; i++) {
        sky_file_free(&served->list[i].sky);
        free(served->list[i].bomb);
    }
    return rc;
}

int main(int argc, char **argv)
{
    static served served = { .sets = 1, .seed = 1 };
    int option;

    while ((option = getopt(argc, argv, "gk:s:p:l:")) != -1) {
        if (option == 'g')
            served.good_only = true;
        else if (option == 'k')
            served.sets = atoi(optarg);
        else if (option == 's')
            served.seed = strtoull(optarg, NULL, 10);
        else if (option == 'p')
            served.port = atoi(optarg);
        else if (option == 'l')
            served.latency = SL_MS(atoi(optarg));
        else
            return 2;
    }
    if (optind < argc || served.sets < 1 || served.sets > SETS_MAX) {
        fprintf(stderr,
                "usage: serve_demo [-g] [-k SETS (1..%d)] [-s SEED] "
                "[-p PORT] [-l LATENCY_MS]\n",
                SETS_MAX);
        return 2;
    }
    return sl_main(argc, argv, run, &served);
}
