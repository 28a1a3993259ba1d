/* Thumbnails are the right way up, whatever format says how they were taken. */
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <turbojpeg.h>

#include "job_runner.h"
#include "support/test.h"
#include "thumb_reference.h"
#include "worker/decode/exif.h"

/* A JPEG with EXIF data that say no more than its orientation. */
static sample with_orientation(const sample *jpeg, int orientation)
{
    static const uint8_t head[] = { 0xff, 0xe1, 0, 34,  'E', 'x', 'i',
                                    'f',  0,    0, 'M', 'M', 0,   '*',
                                    0,    0,    0, 8,   0,   1,   0x01,
                                    0x12, 0,    3, 0,   0,   0,   1 };
    sample made = { malloc(jpeg->size + 36), jpeg->size + 36 };

    memcpy(made.data, jpeg->data, 2);
    memcpy(made.data + 2, head, sizeof head);
    memset(made.data + 2 + sizeof head, 0, 36 - sizeof head);
    made.data[2 + sizeof head + 1] = (uint8_t)orientation;
    memcpy(made.data + 38, jpeg->data + 2, jpeg->size - 2);
    return made;
}

/* How an upright picture is stored by a camera that notes `orientation`. */
static image stored_as(const image *upright, int orientation)
{
    bool turns = orientation >= 5;
    image made = { turns ? upright->height : upright->width,
                   turns ? upright->width : upright->height, NULL };

    made.rgb =
        malloc(3 * sizeof(float) * (size_t)made.width * (size_t)made.height);
    for (int y = 0; y < upright->height; y++)
        for (int x = 0; x < upright->width; x++) {
            int right = upright->width - 1 - x, down = upright->height - 1 - y;
            const int at[9][2] = { { 0, 0 },     { x, y },
                                   { right, y }, { right, down },
                                   { x, down },  { y, x },
                                   { y, right }, { down, right },
                                   { down, x } };

            memcpy(made.rgb + 3 * (at[orientation][1] * made.width +
                                   at[orientation][0]),
                   upright->rgb + 3 * (y * upright->width + x),
                   3 * sizeof(float));
        }
    return made;
}

static sample encoded(const image *from, int sampling)
{
    size_t count = 3 * (size_t)from->width * (size_t)from->height;
    uint8_t *rgb = malloc(count);
    sample made;

    for (size_t i = 0; i < count; i++)
        rgb[i] = (uint8_t)from->rgb[i];
    made = encode_jpeg(rgb, from->width, from->height, TJPF_RGB, sampling, 0);
    free(rgb);
    return made;
}

TEST(thumbnails_are_upright_whatever_the_camera_noted)
{
    static const int widths[] = { 37, 120 };
    sample rgb = photo_pixels(301, 203, 4);
    image upright = image_of_pixels(rgb.data, 301, 203);

    for (int orientation = 1; orientation <= 8; orientation++) {
        image stored = stored_as(&upright, orientation);
        sample plain = encoded(&stored, TJSAMP_420);
        sample file = with_orientation(&plain, orientation);
        job_run run =
            run_request_of(thumbs_of(widths, 2), file.data, file.size);

        for (uint32_t i = 0; i < 2; i++) {
            image made = thumb_image(&run, i);
            image wanted = image_resized(&upright, made.width, made.height);

            CHECK_EQ(made.width, widths[i]);
            CHECK(image_psnr(&made, &wanted) > 28);
            image_free(&made);
            image_free(&wanted);
        }
        run_free(&run);
        free(file.data);
        free(plain.data);
        image_free(&stored);
    }
    image_free(&upright);
    free(rgb.data);
}

/* Stored on its side: 60 wide and 30 high, upright 30 by 60. */
static void check_sideways(const uint8_t *data, size_t size)
{
    static const int widths[] = { 15 };
    job_run run = run_request_of(thumbs_of(widths, 1), data, size);
    const job_output *made = job_answer_output(&run.answer, JOB_THUMB, 0);

    CHECK_EQ(run.answer.width, 60);
    CHECK_EQ(made->width, 15);
    CHECK_EQ(made->height, 30);
    run_free(&run);
}

static const uint8_t sideways[] = { 'I', 'I',  '*',  0, 8, 0, 0, 0, 1,
                                    0,   0x12, 0x01, 3, 0, 1, 0, 0, 0,
                                    6,   0,    0,    0, 0, 0, 0, 0 };

TEST(orientation_is_read_from_png_and_webp_too)
{
    sample rgb = photo_pixels(60, 30, 2), webp, tagged;
    struct spng_ihdr ihdr = { .width = 60,
                              .height = 30,
                              .bit_depth = 8,
                              .color_type = SPNG_COLOR_TYPE_TRUECOLOR };
    struct spng_exif exif = { sizeof sideways, (char *)(uintptr_t)sideways };
    spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);
    size_t size;
    int rc;
    void *png;

    spng_set_option(ctx, SPNG_ENCODE_TO_BUFFER, 1);
    CHECK_EQ(spng_set_ihdr(ctx, &ihdr), 0);
    CHECK_EQ(spng_set_exif(ctx, &exif), 0);
    CHECK_EQ(spng_encode_image(ctx, rgb.data, rgb.size, SPNG_FMT_PNG,
                               SPNG_ENCODE_FINALIZE),
             0);
    png = spng_get_png_buffer(ctx, &size, &rc);
    check_sideways(png, size);
    free(png);
    spng_ctx_free(ctx);

    webp = encode_webp(rgb.data, 60, 30);
    tagged = (sample){ malloc(webp.size + 8 + sizeof sideways),
                       webp.size + 8 + sizeof sideways };
    memcpy(tagged.data, webp.data, webp.size);
    memcpy(tagged.data + webp.size, "EXIF", 4);
    memcpy(tagged.data + webp.size + 4, (uint8_t[]){ sizeof sideways, 0, 0, 0 },
           4);
    memcpy(tagged.data + webp.size + 8, sideways, sizeof sideways);
    check_sideways(tagged.data, tagged.size);
    free(tagged.data);
    free(webp.data);
    free(rgb.data);
}

TEST(broken_exif_data_mean_upright)
{
    const uint8_t good[] = {
        'I', 'I', '*', 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3,
        0,   1,   0,   0, 0, 6, 0, 0, 0, 0, 0,    0,    0
    };
    uint8_t bad[sizeof good];

    CHECK_EQ(exif_orientation(good, sizeof good), 6);
    CHECK_EQ(exif_orientation(NULL, 0), 1);
    for (size_t size = 0; size < 22; size++)
        CHECK_EQ(exif_orientation(good, size), 1);
    for (size_t i = 0; i < sizeof good; i++)
        for (int value = 0; value < 256; value++) {
            int found;

            memcpy(bad, good, sizeof bad);
            bad[i] = (uint8_t)value;
            found = exif_orientation(bad, sizeof bad);
            CHECK(found >= 1 && found <= 8);
        }
}
