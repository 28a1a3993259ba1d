/* The simulated sky must keep its word: the truth that it hands out is what the
 * demo's and the finder's scores are measured with. */
#include "worker/sky/sky.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "support/test.h"

static const job_sky_request field = {
    .seed = 7, .width = 640, .height = 480, .stars = 150, .quality = 90
};

typedef struct drawn {
    uint8_t *luma;
    sky_planes planes;
    job_star *truth;
} drawn;

static drawn draw(const job_sky_request *request)
{
    size_t area = (size_t)request->width * request->height;
    size_t size = sky_planes_size(request->width, request->height);
    drawn result = { .luma = malloc(size),
                     .truth = calloc(request->stars + 1, sizeof(job_star)) };

    CHECK(result.luma != NULL && result.truth != NULL);
    result.planes = (sky_planes){ result.luma, result.luma + area,
                                  result.luma + area + (size - area) / 2 };
    CHECK_EQ(sky_draw(request, &result.planes, result.truth), 0);
    return result;
}

static void release(drawn *drawn)
{
    free(drawn->luma);
    free(drawn->truth);
}

static uint64_t digest(const uint8_t *data, size_t size)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

TEST(sky_is_the_same_from_the_same_seed_on_every_machine)
{
    size_t size = sky_planes_size(field.width, field.height);
    drawn first = draw(&field), second = draw(&field);

    CHECK_EQ(memcmp(first.luma, second.luma, size), 0);
    CHECK_EQ(memcmp(first.truth, second.truth, 150 * sizeof(job_star)), 0);
    CHECK_EQ(digest(first.luma, size), UINT64_C(0xa6e61deb6c0372f2));
    release(&first);
    release(&second);
}

TEST(sky_of_another_seed_is_another_picture)
{
    job_sky_request other = field;
    drawn first, second;

    other.seed = 8;
    first = draw(&field);
    second = draw(&other);
    CHECK(memcmp(first.luma, second.luma, 640 * 480) != 0);
    release(&first);
    release(&second);
}

TEST(sky_truth_is_inside_the_picture_and_brightest_first)
{
    drawn sky = draw(&field);

    for (uint32_t i = 0; i < field.stars; i++) {
        const job_star *star = &sky.truth[i];

        CHECK(star->x >= -0.5 && star->x < 639.5);
        CHECK(star->y >= -0.5 && star->y < 479.5);
        CHECK(i == 0 || star->flux <= star[-1].flux);
        CHECK(star->fwhm >= 2.2f && star->fwhm <= 4);
        CHECK(star->snr >= 0 && isfinite(star->snr));
    }
    release(&sky);
}

/* Brightness in a 5 x 5 square around a place, above the ring around that. */
static double excess(const drawn *sky, int x, int y)
{
    double inside = 0, outside = 0;

    for (int v = -6; v <= 6; v++)
        for (int u = -6; u <= 6; u++) {
            double value = sky->luma[(size_t)(y + v) * field.width + x + u];

            if (abs(u) <= 2 && abs(v) <= 2)
                inside += value / 25;
            else if (abs(u) == 6 || abs(v) == 6)
                outside += value / 48;
        }
    return inside - outside;
}

TEST(sky_has_light_where_the_truth_says)
{
    drawn sky = draw(&field);
    int looked_at = 0, lit = 0;

    for (uint32_t i = 0; i < field.stars; i++) {
        int x = (int)lrint(sky.truth[i].x), y = (int)lrint(sky.truth[i].y);

        if (sky.truth[i].snr < 20 || x < 6 || y < 6 || x > 633 || y > 473)
            continue;
        lit += excess(&sky, x, y) > 2;
        looked_at++;
    }
    CHECK(looked_at > 20);
    CHECK(lit >= looked_at * 95 / 100); /* some have a bright neighbour */
    release(&sky);
}

/* What a filter of the star's own shape gives at a place. */
static double filter_at(const drawn *sky, double x, double y, double fwhm)
{
    int cx = (int)lrint(x), cy = (int)lrint(y);
    double a2 = 1.0684 * 1.0684 * fwhm * fwhm, sum = 0, squares = 0;

    for (int v = -8; v <= 8; v++)
        for (int u = -8; u <= 8; u++) {
            double dx = cx + u - x, dy = cy + v - y;
            double p = pow(1 + (dx * dx + dy * dy) / a2, -3.5);

            sum += p * sky->luma[(size_t)(cy + v) * field.width + cx + u];
            squares += p * p;
        }
    return sum / sqrt(squares);
}

/* Its scatter on an empty sky. Differences of second order, so that gradients
 * do not count. */
static double filter_noise(const drawn *sky, double fwhm)
{
    double squares = 0;
    int places = 0;

    for (int y = 20; y < 460; y += 20)
        for (int x = 40; x < 600; x += 20) {
            double value = filter_at(sky, x - 20, y, fwhm) -
                           2 * filter_at(sky, x, y, fwhm) +
                           filter_at(sky, x + 20, y, fwhm);

            squares += value * value / 6;
            places++;
        }
    return sqrt(squares / places);
}

static int by_value(const void *a, const void *b)
{
    const double *first = a, *second = b;

    return (*first > *second) - (*first < *second);
}

TEST(sky_tells_the_signal_to_noise_ratio_that_a_matched_filter_measures)
{
    job_sky_request no_stars = field;
    double fwhm, noise, ratios[200];
    drawn sky = draw(&field), empty;
    int stars = 0;

    no_stars.stars = 0; /* the same sky and noise */
    empty = draw(&no_stars);
    fwhm = sky.truth[0].fwhm;
    noise = filter_noise(&empty, fwhm);
    for (uint32_t i = 0; i < field.stars; i++) {
        double x = sky.truth[i].x, y = sky.truth[i].y;
        double snr = sky.truth[i].snr;

        if (snr < 8 || snr > 30 || x < 20 || y < 20 || x > 619 || y > 459)
            continue;
        ratios[stars++] =
            (filter_at(&sky, x, y, fwhm) - filter_at(&empty, x, y, fwhm)) /
            noise / snr;
    }
    CHECK(stars > 30);
    qsort(ratios, (size_t)stars, sizeof *ratios, by_value);
    /* The median: some have a neighbour under the filter. */
    CHECK_NEAR(ratios[stars / 2], 1, 0.05);
    release(&sky);
    release(&empty);
}

TEST(sky_job_answers_with_a_jpeg_and_its_truth)
{
    size_t size = sky_result_size(&field);
    job_sky_answer answer;
    sl_job_io io = { .in = &field,
                     .in_size = sizeof field,
                     .out = &answer,
                     .out_capacity = sizeof answer,
                     .result = { .data = calloc(1, size), .size = size } };
    tjhandle decoder = tjInitDecompress();
    const job_star *truth = io.result.data;
    int width, height, sampling, space;
    uint32_t at_10 = 0;

    CHECK_EQ(worker_sky(&io), (int)sizeof answer);
    CHECK_EQ(answer.star_count, field.stars);
    CHECK_EQ(answer.picture_offset, field.stars * sizeof(job_star));
    CHECK(answer.picture_offset + answer.picture_size <= size);
    for (uint32_t i = 0; i < field.stars; i++)
        at_10 += truth[i].snr >= 10;
    CHECK_EQ(answer.stars_at_10, at_10);
    CHECK(at_10 > field.stars / 4);
    CHECK_EQ(tjDecompressHeader3(
                 decoder,
                 (unsigned char *)io.result.data + answer.picture_offset,
                 answer.picture_size, &width, &height, &sampling, &space),
             0);
    CHECK_EQ(width, 640);
    CHECK_EQ(height, 480);
    CHECK_EQ(sampling, TJSAMP_420);
    tjDestroy(decoder);
    free(io.result.data);
}

static int job_with(job_sky_request request, size_t missing)
{
    size_t size = sky_result_size(&field) - missing;
    job_sky_answer answer;
    sl_job_io io = { .in = &request,
                     .in_size = sizeof request,
                     .out = &answer,
                     .out_capacity = sizeof answer,
                     .result = { .data = calloc(1, size), .size = size } };
    int rc = worker_sky(&io);

    free(io.result.data);
    return rc;
}

TEST(sky_job_refuses_what_is_out_of_its_limits)
{
    job_sky_request request = field;

    CHECK_EQ(job_with(request, 1), -ENOBUFS);
    request.width = 63;
    CHECK_EQ(job_with(request, 0), -EINVAL);
    request.width = 8193;
    CHECK_EQ(job_with(request, 0), -EINVAL);
    request = field;
    request.quality = 0;
    CHECK_EQ(job_with(request, 0), -EINVAL);
    request = field;
    request.stars = JOB_STARS_MAX + 1;
    CHECK_EQ(job_with(request, 0), -EINVAL);
}

TEST(sky_of_odd_size_without_stars_is_drawn)
{
    job_sky_request request = field;
    drawn sky;

    request.width = 65;
    request.height = 67;
    request.stars = 0;
    sky = draw(&request);
    release(&sky);
}
