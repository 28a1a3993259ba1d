/* What the demo's service has to offer: twelve star fields, and one of each
 * thing that goes wrong on real servers.
 *
 * The order is part of the demo. The largest pictures come early, so that no
 * core is left with one of them at the end, but not first, so that every core
 * soon has something to do; the busy one is among the first, so that its wait
 * is over before the others are done. Titles and texts hold what must be
 * escaped somewhere on the way to a page, a table or a terminal.
 */
#include "origin/demo_items.h"

#include <string.h>

enum { QUALITY = 90, STARS_LEAST = 250, STARS_PER_MEGAPIXEL = 160 };

#define FIELD(kind_, width_, height_, date_, file_, title_, author_, text_)    \
    {                                                                          \
        .kind = (kind_), .width = (width_), .height = (height_),               \
        .content_type = "image/jpeg", .day = {                                 \
            .date = (date_),                                                   \
            .title = (title_),                                                 \
            .explanation = (text_),                                            \
            .copyright = (author_),                                            \
            .media_type = "image",                                             \
            .url = "/image/" file_,                                            \
            .hdurl = "/image/" file_                                           \
        }                                                                      \
    }

static const demo_item templates[DEMO_ITEMS] = {
    FIELD(DEMO_SKY, 1920, 1280, "2025-03-01", "lanterns.jpg",
          "Lanterns over the Quiet Plain", "M. Okafor & L. Brandt",
          "A loose handful of young stars, no two of the same colour, hangs in "
          "front of gas that has not yet made up its mind to become more."),
    FIELD(DEMO_BUSY, 1280, 960, "2025-03-02", "popular.jpg",
          "Everybody Wants to See This One", NULL,
          "So many people ask for this field that the server asks them to come "
          "back a second later. It is worth the wait."),
    FIELD(DEMO_SKY, 4096, 3072, "2025-03-03", "great-survey.jpg",
          "The Great Survey \xe2\x80\x94 Plate 17", "Harbour Observatory",
          "Twelve and a half million pixels of one piece of sky. Somebody has "
          "to count the stars in it; nobody has to do it by hand."),
    FIELD(DEMO_SKY, 3840, 2160, "2025-03-04", "river.jpg",
          "A River with <No> Banks", NULL,
          "Faint nebulosity crosses the field like a river on a map: a line "
          "that is wider than it looks & slower than it seems."),
    {
        .kind = DEMO_VIDEO,
        .day = { .date = "2025-03-05",
                 .title = "One Night in Sixty Seconds",
                 .explanation = "A film today: the sky turns once around the "
                                "pole while a kettle is being boiled.",
                 .media_type = "video",
                 .url = "/video/night.html",
                 .thumbnail = "/image/lanterns.jpg" },
    },
    FIELD(DEMO_SKY, 3200, 2400, "2025-03-06", "orchard.jpg", "The Orchard",
          "Ines Valdivia",
          "Planted at random, like every good orchard. The brightest fruit is "
          "far in front of all the rest."),
    FIELD(DEMO_SKY, 2560, 1920, "2025-03-07", "seven-sisters-cousin.jpg",
          "A Cousin of the \"Seven Sisters\"", NULL,
          "An open cluster that is old enough to know better: its stars have "
          "begun to drift apart, and in a while nobody will guess that they "
          "were born together."),
    {
        .kind = DEMO_PAGE,
        .content_type = "image/jpeg",
        .day = { .date = "2025-03-08",
                 .title = "Under Maintenance",
                 .explanation = "The server says that this is a JPEG. It is a "
                                "page that says sorry.",
                 .media_type = "image",
                 .url = "/image/maintenance.jpg",
                 .hdurl = "/image/maintenance.jpg" },
    },
    FIELD(DEMO_SKY, 3000, 2000, "2025-03-09", "north-gate.jpg",
          "At the North Gate", "T. Haugen",
          "Dust dims the left of this field; the stars there are not fewer, "
          "only shyer."),
    FIELD(DEMO_CUT, 1600, 1200, "2025-03-10", "unfinished.jpg", "Unfinished",
          NULL,
          "The file ends a little after its middle. Whoever stored it ran out "
          "of disk, or of patience."),
    FIELD(DEMO_SKY, 2400, 1600, "2025-03-11", "salt.jpg", "Salt on Slate",
          "M. Okafor", "Short exposure, steady air. Every grain is a sun."),
    {
        .kind = DEMO_BOMB,
        .content_type = "image/png",
        .day = { .date = "2025-03-12",
                 .title = "The Blackest Night",
                 .explanation = "Three megabytes that want to become three and "
                                "a half gigabytes of nothing at all.",
                 .media_type = "image",
                 .url = "/image/blackest-night.png",
                 .hdurl = "/image/blackest-night.png" },
    },
    FIELD(DEMO_SKY, 2048, 1536, "2025-03-13", "harbour-lights.jpg",
          "Harbour Lights", "Harbour Observatory",
          "Two stars in the middle seem to touch. They are hundreds of light "
          "years apart & have never met."),
    FIELD(DEMO_SKY, 1920, 1080, "2025-03-14", "commuter.jpg",
          "The Commuter's Sky", NULL,
          "Seen from a railway platform, between two trains, with a lens that "
          "was not made for it."),
    FIELD(
        DEMO_SKY, 1600, 1200, "2025-03-15", "veil.jpg",
        "Behind the Veil \xe2\x80\x93 Again", "L. Brandt",
        "The same cloud, a year later. It has moved by less than the width of "
        "this sentence's full stop."),
    FIELD(DEMO_SKY, 960, 720, "2025-03-16", "first-light.jpg", "First Light",
          NULL,
          "The first picture ever taken with a very small telescope & a lot of "
          "hope."),
};

void demo_items_fill(uint64_t seed, demo_item items[DEMO_ITEMS])
{
    memcpy(items, templates, sizeof templates);
    for (uint64_t i = 0; i < DEMO_ITEMS; i++) {
        uint64_t pixels = (uint64_t)items[i].width * items[i].height;

        if (pixels == 0)
            continue;
        items[i].seed = seed * DEMO_ITEMS + i;
        items[i].quality = QUALITY;
        items[i].stars =
            (uint32_t)(STARS_LEAST + pixels * STARS_PER_MEGAPIXEL / 1000000);
    }
}

bool demo_item_is_good(const demo_item *item)
{
    return item->kind == DEMO_SKY || item->kind == DEMO_BUSY;
}

bool demo_item_must_fail(const demo_item *item)
{
    return item->kind == DEMO_CUT || item->kind == DEMO_PAGE ||
           item->kind == DEMO_BOMB;
}

size_t demo_cut_size(size_t file_size)
{
    return file_size / 5 * 3;
}

const char *demo_page(void)
{
    return "<!DOCTYPE html>\n"
           "<html lang=\"en\"><head><title>Under maintenance</title></head>\n"
           "<body><h1>Sorry</h1><p>The picture is being dusted. Please try "
           "again next week.</p></body></html>\n";
}
