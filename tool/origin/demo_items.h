/* demo_items.h: the sixteen days of the demo. */
#ifndef TOOL_ORIGIN_DEMO_ITEMS_H
#define TOOL_ORIGIN_DEMO_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "origin/apod.h"

enum { DEMO_ITEMS = 16, DEMO_GOOD = 12, DEMO_FAILING = 3, DEMO_SKIPPED = 1 };

enum demo_kind {
    DEMO_SKY,   /* a star field */
    DEMO_BUSY,  /* a star field that is first answered with 429 */
    DEMO_CUT,   /* a star field whose file ends too early */
    DEMO_VIDEO, /* no picture that day: to be skipped */
    DEMO_PAGE,  /* an HTML page that claims to be a JPEG */
    DEMO_BOMB   /* a PNG of a few megabytes that unpacks to gigabytes */
};

typedef struct demo_item {
    enum demo_kind kind;
    origin_day day; /* its strings are constants */
    const char *content_type;
    /* The star field to draw; width 0 for the other kinds. */
    uint64_t seed;
    uint32_t width, height, stars, quality;
} demo_item;

/* The items in the order in which the demo's service gives them. The seed
 * changes the skies and nothing else. */
void demo_items_fill(uint64_t seed, demo_item items[DEMO_ITEMS]);

/* Whether the item's picture can be processed, is to be skipped, or must fail.
 */
bool demo_item_is_good(const demo_item *item);
bool demo_item_must_fail(const demo_item *item);

/* How much of a cut star field's file is served: a little over half. */
size_t demo_cut_size(size_t file_size);

/* The page of DEMO_PAGE. */
const char *demo_page(void);

/* Make the file of DEMO_BOMB: valid PNG, side x side RGBA, all of it black.
 * The caller frees *png. Returns 0 or -ENOMEM. */
enum { DEMO_BOMB_SIDE_PX = 30000 };
int demo_bomb(uint32_t side_px, unsigned char **png, size_t *size);

#endif
