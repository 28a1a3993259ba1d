/* The size of stars is the mode of the sizes of strong round peaks. A filter
 * much smaller than the stars sees each of them as several, so what it says is
 * asked again at that size; a large picture tells it by a part.
 */
#include "worker/stars/star_size.h"

#include <math.h>
#include <stdlib.h>

#include "worker/stars/field.h"
#include "worker/stars/filter.h"

/* Peaks that tell; the second where few of the first agree. */
#define STRONG_Z 9.0f
#define TELLING_Z 6.0f
/* Where nothing tells, and what to ask again with then. */
#define SIGMA_DEFAULT 1.1f
#define SIGMA_AGAIN 2.2f
/* From here on the first filter was too small. */
#define SIGMA_LARGE 2.0f
#define SIGMA_MIN 0.5f

enum {
    AGREEING_FEW = 5,
    TELLING_MAX = 1500,
    TELLING_ENOUGH = 60,
    BAND_TILES = 4,         /* rows of tiles that a sample has at a time */
    SAMPLE_PX = 700 * 1000, /* of pictures more than twice as large */
};

static int by_z(const void *a, const void *b)
{
    const peak *s = a, *t = b;

    return (s->z < t->z) - (s->z > t->z);
}

/* Sizes of the strongest peaks of what was filtered last. */
static int guess(const search *s, const light_map *light, const tiles *only,
                 star_size *out)
{
    candidate_list found = { 0 };
    peak_list peaks;
    int rc = search_peaks(s, TELLING_Z, only, &peaks);

    if (rc < 0)
        return rc;
    peaks_keep(&peaks, false);
    if (peaks.count > TELLING_MAX) {
        qsort(peaks.peaks, peaks.count, sizeof(*peaks.peaks), by_z);
        peaks.count = TELLING_MAX;
    }
    rc = search_look_at(s, light, &peaks, PLANE_LIGHT, &found);
    peaks_free(&peaks);
    if (rc == 0)
        out->sigma = starlike_size(found.candidates, found.count, STRONG_Z,
                                   &out->agreeing);
    if (rc == 0 && out->agreeing < AGREEING_FEW)
        out->sigma = starlike_size(found.candidates, found.count, TELLING_Z,
                                   &out->agreeing);
    free(found.candidates);
    return rc;
}

static int find_by_all(search *s, const light_map *light, star_size *out)
{
    star_size again = { 0 };
    int rc = search_filter(s, light, NULL, false);

    if (rc == 0)
        rc = guess(s, light, NULL, out);
    if (rc == 0 && (out->agreeing < AGREEING_FEW || out->sigma > SIGMA_LARGE)) {
        s->sigma = out->agreeing < AGREEING_FEW ? SIGMA_AGAIN : out->sigma;
        rc = search_filter(s, light, NULL, false);
        if (rc == 0)
            rc = guess(s, light, NULL, &again);
        if (rc == 0 && again.agreeing > out->agreeing)
            *out = again;
    }
    if (rc < 0)
        return rc;
    if (out->agreeing < FIELD_AGREEING_MIN)
        out->sigma = SIGMA_DEFAULT;
    out->sigma = fminf(fmaxf(out->sigma, SIGMA_MIN), FILTER_SIGMA_MAX);
    out->sampled = false;
    return 0;
}

/* A large picture tells its star size by a part of it, if that shows stars
 * enough and they are not large: then `sampled`. */
static int find_by_sample(search *s, const light_map *light, tiles *spare,
                          star_size *out)
{
    double pixels = (double)light->width * light->height;
    int every = (int)(pixels / SAMPLE_PX), row, rc;

    if (every < 2)
        return 0;
    for (row = every / 2 * BAND_TILES; row < spare->rows;
         row += every * BAND_TILES)
        tiles_mark(spare, (tile_area){ 0, row * TILE_PX, light->width,
                                       (row + BAND_TILES) * TILE_PX });
    rc = search_filter(s, light, spare, true);
    if (rc == 0)
        rc = guess(s, light, spare, out);
    tiles_clear(spare);
    out->sampled = out->agreeing >= TELLING_ENOUGH && out->sigma < SIGMA_LARGE;
    return rc;
}

int star_size_find(search *s, const light_map *light, float fwhm, tiles *spare,
                   star_size *out)
{
    int rc;

    *out = (star_size){ 0 };
    if (fwhm > 0) {
        *out =
            (star_size){ .sigma = fminf(fwhm / FWHM_OF_SIGMA, FILTER_SIGMA_MAX),
                         .agreeing = FIELD_AGREEING_MIN,
                         .sampled = true };
        return search_filter(s, light, NULL, false);
    }
    rc = find_by_sample(s, light, spare, out);
    if (rc == 0 && !out->sampled)
        rc = find_by_all(s, light, out);
    return rc;
}
