/* Stars: how many of which brightness, and how one lights up pixels.
 *
 * Brightness follows a power law, N(> F) ~ F^-2/3, as counts of faint stars
 * near the plane of the Galaxy do. Images follow the profile of Moffat (1969),
 * (1 + r^2/a^2)^-3.5, plus a faint aureole of the same form eight times as wide
 * (King 1971). The profile is the effective one, pixel included, so it is read
 * at the centre of each pixel (Anderson and King 2000). Both exponents were
 * chosen among the realistic ones because a square root and a division are
 * all they need: these are exact on every machine, pow() is not.
 *
 * Light adds up before the stretch, so a star is added by going back from grey
 * levels to electrons and forth again. A star inside the glow of a brighter one
 * thus adds less, and one inside its saturated core adds nothing; that
 * difference is what its signal-to-noise ratio is computed from.
 */
#include "worker/sky/sky_scene.h"

#include <math.h>
#include <stdlib.h>

#include "worker/sky/sky_random.h"

enum { REACH_MAX_PX = 300, LEVEL_MAX = 30000 / SKY_ONE, WHITE = 255 };

static const float snr_faintest = 4;
static const float range_max = 20000; /* brightest to faintest */
static const float aureole_share = 0.04f;
static const float aureole_width = 8;
static const float visible = 0.06f; /* grey levels */

/* a / FWHM for the exponent 3.5: 1 / (2 sqrt(2^(1/3.5) - 1)). */
static const float core_per_fwhm = 1.0684f;

/* Peak of a profile of total 1 and width a: (3.5 - 1) / (pi a^2). */
static float peak_of(float a)
{
    return 0.79577472f / (a * a);
}

static float profile(float r2, float a)
{
    float q = 1 + r2 / (a * a);

    return 1 / (q * q * q * sqrtf(q));
}

/* The electrons that a star of this signal-to-noise ratio has over plain sky:
 * there the noise is the root of the sky's electrons, and the sum of the
 * profile's squares is 6.25 / (6 pi a^2). */
static float electrons_for(const sky_scene *scene, float snr)
{
    return snr * scene->sky * core_per_fwhm * scene->fwhm * 1.7366f;
}

static int reach_of(const sky_scene *scene, float electrons)
{
    float core = core_per_fwhm * scene->fwhm, halo = core * aureole_width;
    float core_peak = electrons * (1 - aureole_share) * peak_of(core);
    float halo_peak = electrons * aureole_share * peak_of(halo);
    float least = visible * 2 * scene->sky / scene->gain;
    int reach = 3;

    while (reach < REACH_MAX_PX) {
        float r2 = (float)(reach * reach);

        if (core_peak * profile(r2, core) + halo_peak * profile(r2, halo) <
            least)
            break;
        reach += 1 + reach / 8;
    }
    return reach;
}

static void place(const sky_scene *scene, sky_random *random, sky_star *star)
{
    bool in_cluster = sky_random_unit(random) < scene->cluster_share;

    star->x = sky_random_between(random, -0.5, scene->width - 0.5);
    star->y = sky_random_between(random, -0.5, scene->height - 0.5);
    if (in_cluster) {
        double x = sky_random_bell(random) * scene->cluster_size;
        double y = sky_random_bell(random) * scene->cluster_size;

        x += scene->cluster_x;
        y += scene->cluster_y;
        if (x >= 0 && y >= 0 && x <= scene->width - 1 &&
            y <= scene->height - 1) {
            star->x = x;
            star->y = y;
        }
    }
}

static int by_brightness(const void *a, const void *b)
{
    const sky_star *first = a, *second = b;

    if (first->electrons != second->electrons)
        return first->electrons < second->electrons ? 1 : -1;
    return (first->x > second->x) - (first->x < second->x);
}

void sky_stars_scatter(const sky_scene *scene, sky_star *stars, uint32_t count)
{
    sky_random random = sky_random_from(scene->seed, 2);
    float faintest = electrons_for(scene, snr_faintest);

    for (uint32_t i = 0; i < count; i++) {
        double u = 1 - sky_random_unit(&random);
        float range = (float)(1 / (u * sqrt(u))); /* u^-1.5 */

        stars[i] = (sky_star){ 0 };
        if (range > range_max)
            range = range_max;
        stars[i].electrons = faintest * range;
        stars[i].tint = (float)sky_random_bell(&random) * 0.4f;
        place(scene, &random, &stars[i]);
        stars[i].reach = reach_of(scene, stars[i].electrons);
    }
    qsort(stars, count, sizeof *stars, by_brightness);
}

/* One row of the star's square: new levels into luma[0 .. n-1], and what each
 * pixel gained, seen with white as the limit, into gained[]. No branch and no
 * call, so that the compiler makes vectors of it. */
static void light_row(const sky_scene *scene, const sky_star *star, float dy2,
                      float dx, int n, int16_t *luma, float *gained)
{
    float core = core_per_fwhm * scene->fwhm, halo = core * aureole_width;
    float core_peak = star->electrons * (1 - aureole_share) * peak_of(core);
    float halo_peak = star->electrons * aureole_share * peak_of(halo);
    float gain = scene->gain, dark = scene->dark, per_gain = 1 / scene->gain;

    for (int i = 0; i < n; i++) {
        float x = dx + (float)i, r2 = x * x + dy2;
        float before = (float)luma[i] * (1.0f / SKY_ONE);
        float root = before * per_gain + dark;
        float light =
            core_peak * profile(r2, core) + halo_peak * profile(r2, halo);
        float after = (sqrtf(root * root + light) - dark) * gain;

        after = after < LEVEL_MAX ? after : LEVEL_MAX;
        luma[i] = (int16_t)(after * SKY_ONE + 0.5f);
        after = after < WHITE ? after : WHITE;
        before = before < WHITE ? before : WHITE;
        gained[i] = after - before;
    }
}

/* The colour is laid over the finished brightness: as strong as what the star
 * added, fading to white where the pixel has no room left. */
static void tint_row(const sky_star *star, int x, int n, const int16_t *luma,
                     const float *gained, int16_t *blue, int16_t *red)
{
    for (int i = 0; i < n; i++) {
        float room = 1 - (float)luma[i] * (1.0f / SKY_ONE / WHITE);
        float colour = gained[i] * star->tint * (room > 0 ? room : 0);
        int at = (x + i) / 2;

        blue[at] = (int16_t)(blue[at] - (int)(colour * (SKY_ONE * 0.12f)));
        red[at] = (int16_t)(red[at] + (int)(colour * (SKY_ONE * 0.10f)));
    }
}

static void add_up(sky_star *star, const int16_t *luma, const float *gained,
                   int n)
{
    float sum = 0, squares = 0;

    for (int i = 0; i < n; i++) {
        sum += gained[i];
        squares += gained[i] * gained[i];
        star->peak = gained[i] > star->peak ? gained[i] : star->peak;
        star->saturated |= gained[i] > 0 && luma[i] >= WHITE * SKY_ONE;
    }
    star->sum += (double)sum;
    star->sum_of_squares += (double)squares;
}

static int at_least(int value, int low)
{
    return value > low ? value : low;
}

static int at_most(int value, int high)
{
    return value < high ? value : high;
}

void sky_star_shine(const sky_scene *scene, sky_star *star,
                    const sky_band *band)
{
    int end = at_most(band->top + SKY_BAND_ROWS, scene->height);
    int first_y = at_least((int)star->y - star->reach, band->top);
    int last_y = at_most((int)star->y + star->reach, end - 1);
    int first_x = at_least((int)star->x - star->reach, 0);
    int last_x = at_most((int)star->x + star->reach, scene->width - 1);
    int n = last_x - first_x + 1;
    float gained[2 * REACH_MAX_PX + 64];

    for (int y = first_y; y <= last_y; y++) {
        float dy = (float)(y - star->y), dx = (float)(first_x - star->x);
        size_t row = (size_t)(y - band->top) * band->stride;
        size_t half_row = (size_t)((y - band->top) / 2) * (band->stride / 2);
        int16_t *luma = band->luma + row + first_x;

        light_row(scene, star, dy * dy, dx, n, luma, gained);
        tint_row(star, first_x, n, luma, gained, band->blue + half_row,
                 band->red + half_row);
        add_up(star, luma, gained, n);
    }
}
