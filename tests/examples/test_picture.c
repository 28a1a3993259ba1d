/* Promises of the pictures that the example programs work on. */
#include "../../examples/shared/picture.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"

/* Edges of a picture with these grey or coloured pixels: 1 white, 0 black. */
static void edges_of(int width, int height, const uint8_t (*rgb)[3],
                     char *edges)
{
    picture in, out;

    CHECK_EQ(picture_init(&in, width, height), 0);
    memcpy(in.rgb, rgb, (size_t)width * (size_t)height * 3);
    CHECK_EQ(picture_find_edges(&out, &in), 0);
    for (int i = 0; i < width * height; i++) {
        CHECK(out.rgb[i * 3] == out.rgb[i * 3 + 1]);
        CHECK(out.rgb[i * 3] == out.rgb[i * 3 + 2]);
        edges[i] = out.rgb[i * 3] == 255 ? '1' : '0';
    }
    edges[width * height] = '\0';
    picture_fini(&in);
    picture_fini(&out);
}

TEST(edges_are_the_mean_difference_to_right_and_lower_neighbour)
{
    char edges[8];

    edges_of(2, 2,
             (uint8_t[4][3]){ { 0 }, { 10, 10, 11 }, { 20, 20, 20 }, { 0 } },
             edges);
    CHECK_STR(edges, "1110"); /* 45, 31, 60, and nobody to differ from */
}

TEST(an_edge_needs_more_than_30)
{
    char edges[8];

    edges_of(2, 1, (uint8_t[2][3]){ { 0 }, { 10, 10, 10 } }, edges);
    CHECK_STR(edges, "00");
    edges_of(2, 1, (uint8_t[2][3]){ { 0 }, { 10, 10, 11 } }, edges);
    CHECK_STR(edges, "10");
}

TEST(a_step_of_33_is_halved_by_the_neighbour_below)
{
    char edges[8];

    edges_of(2, 2,
             (uint8_t[4][3]){ { 0 }, { 11, 11, 11 }, { 0 }, { 11, 11, 11 } },
             edges);
    CHECK_STR(edges, "0010"); /* (33 + 0) / 2 = 16 above, 33 alone below */
}

TEST(a_picture_without_edges_is_black)
{
    char edges[16];

    edges_of(3, 3, (uint8_t[9][3]){ { 0 } }, edges);
    CHECK_STR(edges, "000000000");
}

TEST(stars_drawn_are_stars_found)
{
    for (int stars = 0; stars <= 40; stars += 8) {
        picture sky;

        CHECK_EQ(picture_draw_sky(&sky, 640, 427, stars, 7), 0);
        CHECK_EQ(picture_mark_stars(&sky), stars);
        picture_fini(&sky);
    }
}

TEST(stars_survive_jpeg)
{
    picture sky, again;
    void *jpeg;
    size_t size;

    CHECK_EQ(picture_draw_sky(&sky, 640, 427, 23, 3), 0);
    CHECK_EQ(picture_encode(&sky, &jpeg, &size), 0);
    CHECK_EQ(picture_decode(&again, jpeg, size), 0);
    CHECK_EQ(picture_mark_stars(&again), 23);
    free(jpeg);
    picture_fini(&sky);
    picture_fini(&again);
}

TEST(what_is_no_jpeg_is_refused)
{
    picture picture;

    CHECK(picture_decode(&picture, "GIF89a", 6) < 0);
}

TEST(resizing_keeps_a_flat_colour_and_makes_the_size_asked_for)
{
    picture in, out;

    CHECK_EQ(picture_init(&in, 333, 500), 0);
    memset(in.rgb, 77, 333 * 500 * 3);
    CHECK_EQ(picture_resize(&out, &in, 200, 300), 0);
    CHECK_EQ(out.width, 200);
    CHECK_EQ(out.height, 300);
    for (int i = 0; i < 200 * 300 * 3; i++)
        CHECK_EQ(out.rgb[i], 77);
    picture_fini(&in);
    picture_fini(&out);
}
