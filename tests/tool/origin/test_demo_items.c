/* The demo's list must hold what its exit status counts on, and its bomb must
 * be one. */
#include "origin/demo_items.h"

#include <stdlib.h>
#include <zlib.h>

#include "support/test.h"

TEST(demo_has_what_it_promises)
{
    demo_item items[DEMO_ITEMS];
    int good = 0, failing = 0, busy = 0;
    uint64_t pixels = 0;

    demo_items_fill(1, items);
    for (int i = 0; i < DEMO_ITEMS; i++) {
        const demo_item *item = &items[i];

        CHECK(item->day.url[0] == '/');
        CHECK(item->day.title[0] != '\0' && item->day.explanation[0] != '\0');
        good += demo_item_is_good(item);
        failing += demo_item_must_fail(item);
        busy += item->kind == DEMO_BUSY;
        if (demo_item_is_good(item)) {
            pixels += (uint64_t)item->width * item->height;
            CHECK(item->width >= 960 && item->width <= 4096);
            CHECK(item->stars >= 250 && item->stars <= 2500);
        }
        for (int k = 0; k < i; k++)
            CHECK(strcmp(items[k].day.url, item->day.url) != 0 &&
                  strcmp(items[k].day.date, item->day.date) < 0);
    }
    CHECK_EQ(good, DEMO_GOOD);
    CHECK_EQ(failing, DEMO_FAILING);
    CHECK_EQ(DEMO_ITEMS - good - failing, DEMO_SKIPPED);
    CHECK_EQ(busy, 1);
    CHECK(pixels > 50000000 && pixels < 65000000);
}

TEST(demo_draws_other_skies_from_another_seed)
{
    demo_item one[DEMO_ITEMS], two[DEMO_ITEMS];

    demo_items_fill(1, one);
    demo_items_fill(2, two);
    for (int i = 0; i < DEMO_ITEMS; i++)
        for (int k = 0; k < DEMO_ITEMS; k++)
            CHECK(one[i].width == 0 || one[i].seed != two[k].seed);
}

static uint32_t u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

/* Check the chunk at `at` and return its data. */
static const unsigned char *chunk(const unsigned char *at, const char *type,
                                  uint32_t *size)
{
    *size = u32(at);
    CHECK_EQ(memcmp(at + 4, type, 4), 0);
    CHECK_EQ(u32(at + 8 + *size), crc32(0, at + 4, *size + 4));
    return at + 8;
}

TEST(demo_bomb_is_a_valid_picture)
{
    enum { SIDE = 1000 };
    const uint64_t raw_size = (uint64_t)SIDE * (4 * SIDE + 1);
    unsigned char *png;
    const unsigned char *data;
    unsigned char *raw = malloc(raw_size);
    uLongf length = raw_size;
    size_t file_size;
    uint32_t size;

    CHECK_EQ(demo_bomb(SIDE, &png, &file_size), 0);
    CHECK_EQ(memcmp(png, "\x89PNG\r\n\x1a\n", 8), 0);
    data = chunk(png + 8, "IHDR", &size);
    CHECK_EQ(u32(data), SIDE);
    CHECK_EQ(u32(data + 4), SIDE);
    data = chunk(data + size + 4, "IDAT", &size);
    CHECK_EQ(uncompress(raw, &length, data, size), Z_OK);
    CHECK_EQ(length, raw_size);
    data = chunk(data + size + 4, "IEND", &size);
    CHECK(data + 4 == png + file_size);
    free(raw);
    free(png);
}

TEST(demo_bomb_is_small_and_unpacks_to_gigabytes)
{
    unsigned char *png;
    size_t size;

    CHECK_EQ(demo_bomb(DEMO_BOMB_SIDE_PX, &png, &size), 0);
    CHECK(size < 5 << 20);
    CHECK_EQ(u32(png + 16), DEMO_BOMB_SIDE_PX);
    free(png);
}
