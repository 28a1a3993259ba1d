/* What colours become, and what is not there. */
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>
#include <spng.h>
#include <turbojpeg.h>

#include "job_runner.h"
#include "support/test.h"
#include "thumb_reference.h"

/* Transparency. */

static sample half_transparent(void)
{
    uint8_t *rgba = malloc(4 * 64 * 64);
    sample made;

    for (int i = 0; i < 64 * 64; i++) {
        bool left = i % 64 < 32;

        rgba[4 * i] = 200;
        rgba[4 * i + 1] = 100;
        rgba[4 * i + 2] = 50;
        rgba[4 * i + 3] = left ? 255 : 0;
    }
    made = encode_png(rgba, 4 * 64 * 64, 64, 64,
                      SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 8);
    free(rgba);
    return made;
}

TEST(a_jpeg_shows_white_where_nothing_was)
{
    static const int widths[] = { 16 };
    job_request request = thumbs_of(widths, 1);
    sample file = half_transparent();
    job_run run;
    image made;

    request.format = JOB_JPEG;
    run = run_request_of(request, file.data, file.size);
    made = thumb_image(&run, 0);
    CHECK_NEAR(made.rgb[3 * (16 * 8 + 3)], 200, 12);
    CHECK_NEAR(made.rgb[3 * (16 * 8 + 13) + 2], 255, 12);
    image_free(&made);
    run_free(&run);
    free(file.data);
}

/* The thumbnail as a PNG. */
static void read_rgba(const job_run *run, uint8_t *rgba, size_t size)
{
    const job_output *made = job_answer_output(&run->answer, JOB_THUMB, 0);
    spng_ctx *ctx = spng_ctx_new(0);

    CHECK(made != NULL);
    CHECK_EQ(spng_set_png_buffer(ctx, (uint8_t *)run->result + made->offset,
                                 made->size),
             0);
    CHECK_EQ(
        spng_decode_image(ctx, rgba, size, SPNG_FMT_RGBA8, SPNG_DECODE_TRNS),
        0);
    spng_ctx_free(ctx);
}

TEST(a_png_keeps_what_is_transparent)
{
    static const int widths[] = { 16 };
    sample file = half_transparent();
    job_run run = run_request_of(thumbs_of(widths, 1), file.data, file.size);
    uint8_t rgba[4 * 16 * 16];

    read_rgba(&run, rgba, sizeof rgba);
    CHECK_EQ(rgba[4 * (16 * 8 + 2) + 3], 255);
    CHECK_EQ(rgba[4 * (16 * 8 + 2)], 200); /* no dark seam from black */
    CHECK_EQ(rgba[4 * (16 * 8 + 13) + 3], 0);
    run_free(&run);
    free(file.data);
}

/* 10 x 6 with two pixels of index 7, two pixels of screen around it. */
static job_run thumb_of_gif(int margin, int transparent, uint32_t format)
{
    static const int widths[] = { 14 };
    job_request request = thumbs_of(widths, 1);
    uint8_t grey[10 * 6];
    sample file;
    job_run run;

    memset(grey, 200, sizeof grey);
    grey[0] = grey[35] = 7;
    file = encode_gif_with_holes(grey, 14 - 2 * margin, 6, margin, transparent);
    request.format = format;
    run = run_request_of(request, file.data, file.size);
    CHECK_STR(run.answer.reason, "");
    free(file.data);
    return run;
}

TEST(a_gif_keeps_what_is_transparent)
{
    job_run run = thumb_of_gif(2, 7, JOB_FORMAT_UNKNOWN);
    uint8_t rgba[4 * 14 * 10];

    CHECK_EQ(run.answer.outputs[0].format, JOB_PNG);
    read_rgba(&run, rgba, sizeof rgba);
    CHECK_EQ(rgba[3], 0);                    /* nothing is painted there */
    CHECK_EQ(rgba[4 * (2 * 14 + 2) + 3], 0); /* the transparent colour */
    CHECK_EQ(rgba[4 * (2 * 14 + 3) + 3], 255);
    CHECK_EQ(rgba[4 * (2 * 14 + 3)], 200);
    CHECK_EQ(rgba[4 * (5 * 14 + 7) + 3], 0);
    run_free(&run);
}

TEST(a_gif_without_holes_has_no_alpha)
{
    job_run run = thumb_of_gif(2, -1, JOB_JPEG);
    image made = thumb_image(&run, 0);

    CHECK_NEAR(made.rgb[0], 255, 6); /* white around it */
    image_free(&made);
    run_free(&run);
}

/* Colour profiles. */

/* Red and blue of this one are exchanged: nobody could overlook it. */
static sample strange_profile(void)
{
    cmsCIExyY white = { 0.3127, 0.3290, 1 };
    cmsCIExyYTRIPLE primaries = { { 0.15, 0.06, 1 },
                                  { 0.30, 0.60, 1 },
                                  { 0.64, 0.33, 1 } };
    cmsToneCurve *curve = cmsBuildGamma(NULL, 2.2);
    cmsToneCurve *curves[3] = { curve, curve, curve };
    cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
    cmsUInt32Number size = 0;
    sample made;

    CHECK(cmsSaveProfileToMem(profile, NULL, &size));
    made = (sample){ malloc(size), size };
    CHECK(cmsSaveProfileToMem(profile, made.data, &size));
    cmsCloseProfile(profile);
    cmsFreeToneCurve(curve);
    return made;
}

static sample with_profile(const sample *jpeg, const sample *profile)
{
    size_t length = profile->size + 16;
    sample made = { malloc(jpeg->size + length + 2), jpeg->size + length + 2 };
    uint8_t *at = made.data;

    memcpy(at, jpeg->data, 2);
    at[2] = 0xff;
    at[3] = 0xe2;
    at[4] = (uint8_t)(length >> 8);
    at[5] = (uint8_t)length;
    memcpy(at + 6, "ICC_PROFILE\0\1\1", 14);
    memcpy(at + 20, profile->data, profile->size);
    memcpy(at + 20 + profile->size, jpeg->data + 2, jpeg->size - 2);
    return made;
}

static void check_middle(const sample *file, double red, double blue)
{
    static const int widths[] = { 20 };
    job_run run = run_request_of(thumbs_of(widths, 1), file->data, file->size);
    image made = thumb_image(&run, 0);

    CHECK_EQ(run.answer.verdict, JOB_GOOD);
    CHECK_NEAR(made.rgb[3 * (20 * 10 + 10)], red, 25);
    CHECK_NEAR(made.rgb[3 * (20 * 10 + 10) + 2], blue, 25);
    image_free(&made);
    run_free(&run);
}

TEST(colours_of_a_profile_become_srgb)
{
    uint8_t rgb[3 * 40 * 40];
    sample profile = strange_profile(), file, tagged, broken;

    for (int i = 0; i < 40 * 40; i++)
        memcpy(rgb + 3 * i, (uint8_t[]){ 220, 40, 30 }, 3);
    file = encode_jpeg(rgb, 40, 40, TJPF_RGB, TJSAMP_444, 0);
    tagged = with_profile(&file, &profile);
    check_middle(&file, 220, 30);
    check_middle(&tagged, 30, 220);
    memset(profile.data + 128, 0xff, profile.size - 128);
    broken = with_profile(&file, &profile);
    check_middle(&broken, 220, 30); /* a broken one does not matter */
    free(broken.data);
    free(tagged.data);
    free(file.data);
    free(profile.data);
}

TEST(inks_look_as_their_profile_says)
{
    uint8_t cyan[4 * 40 * 40];
    sample profile = strange_inks(), file, tagged, broken;

    for (int i = 0; i < 40 * 40; i++) /* as Adobe stores it: 0 is full */
        memcpy(cyan + 4 * i, (uint8_t[]){ 0, 255, 255, 255 }, 4);
    file = encode_jpeg(cyan, 40, 40, TJPF_CMYK, TJSAMP_444, 0);
    tagged = with_profile(&file, &profile);
    check_middle(&file, 0, 255);
    check_middle(&tagged, 249, 51);
    memset(profile.data + 128, 0xff, profile.size - 128);
    broken = with_profile(&file, &profile);
    check_middle(&broken, 0, 255);
    free(broken.data);
    free(tagged.data);
    free(file.data);
    free(profile.data);
}
