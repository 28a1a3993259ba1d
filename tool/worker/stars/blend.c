/* A star is blended if the light that is told of it may be a neighbour's. How
 * much of that there is follows from the list itself, whoever made it and
 * however stars were told from each other: the profile of all stars of a
 * picture is one, and falls as the air and the optics let it (Moffat 1969, with
 * an exponent of 3, a Gaussian having no wings). Cut off stars and what is
 * wider than stars have a width of their own.
 *
 * docs/internals/stars.md holds the flag against simulated stars.
 */
#include "worker/stars/blend.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "worker/stars/place_grid.h"

#define BLENDED_SHARE 0.1f
/* Widths, beyond which a star has 1/20000 of its centre's light. */
#define REACH 5.0f
/* A width's square for that of the profile's scale: 4 (2^(1/3) - 1). */
#define SCALE_OF_WIDTH 1.0397f

static float width_of(const job_star *star, float fwhm)
{
    return star->flags & (JOB_STAR_SATURATED | JOB_STAR_WIDE)
               ? fmaxf(star->fwhm, fwhm)
               : fwhm;
}

/* What a star adds at the centres of those around it, in units of the light
 * that a plain star has at its own. */
static void shine(const place_grid *grid, const job_star *stars, uint32_t i,
                  float fwhm, float *others)
{
    const job_star *star = &stars[i];
    float width = width_of(star, fwhm), narrowing = fwhm / width;
    float centre = star->flux * narrowing * narrowing;
    float scale = SCALE_OF_WIDTH / (width * width);
    place_walk walk =
        place_walk_start(grid, (float)star->x, (float)star->y, REACH * width);
    uint32_t k;

    while (place_walk_next(&walk, &k)) {
        float dx = (float)(stars[k].x - star->x);
        float dy = (float)(stars[k].y - star->y);
        float fall = 1 / (1 + (dx * dx + dy * dy) * scale);

        if (k != i)
            others[k] += centre * fall * fall * fall;
    }
}

int blend_flag(job_star *stars, uint32_t count, int width, int height,
               float fwhm)
{
    float *others = calloc(count + 1, sizeof(*others));
    place_grid grid;
    uint32_t i;
    int rc;

    if (others == NULL)
        return -ENOMEM;
    rc = place_grid_init(&grid, width, height, count);
    if (rc < 0)
        goto out;
    for (i = 0; i < count; i++)
        place_grid_put(&grid, i, (float)stars[i].x, (float)stars[i].y);
    for (i = 0; i < count; i++)
        shine(&grid, stars, i, fwhm, others);
    for (i = 0; i < count; i++) {
        float narrowing = fwhm / width_of(&stars[i], fwhm);
        float own = stars[i].flux * narrowing * narrowing;

        if (others[i] > BLENDED_SHARE * own)
            stars[i].flags |= JOB_STAR_BLENDED;
    }
    place_grid_fini(&grid);
out:
    free(others);
    return rc;
}
