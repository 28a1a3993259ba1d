/* Two candidates may turn out to be one star.
 *
 * A candidate is moved to the peak that it belongs to, and where light was
 * split in two along a ridge of noise both parts arrive at the same peak. Two
 * stars cannot be told apart below half of their width, so what is closer than
 * that is one, and a list that names it twice counts it twice.
 */
#include "worker/stars/twins.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* The signal of an entry that goes; no star has a negative one. */
#define LOST (-1.0f)

static int by_place(const void *a, const void *b)
{
    const job_star *s = a, *t = b;

    if (s->y != t->y)
        return s->y < t->y ? -1 : 1;
    return s->x < t->x ? -1 : s->x > t->x;
}

/* Wider things are measured too coarsely to say what is theirs. */
double twins_reach(float fwhm)
{
    return fmin(fmax(1, 0.5 * (double)fwhm), TWINS_REACH_MAX);
}

static bool are_twins(const job_star *s, const job_star *t)
{
    return hypot(s->x - t->x, s->y - t->y) <
           twins_reach(fminf(s->fwhm, t->fwhm));
}

/* Whether a better one was kept before; worse ones among those are marked. */
static bool loses(job_star *star, job_star *kept, uint32_t count)
{
    bool lost = false;
    uint32_t i;

    for (i = count; i-- > 0 && star->y - kept[i].y < TWINS_REACH_MAX;) {
        if (kept[i].snr == LOST || !are_twins(star, &kept[i]))
            continue;
        if (kept[i].snr >= star->snr)
            lost = true;
        else
            kept[i].snr = LOST;
    }
    return lost;
}

uint32_t twins_drop(job_star *stars, uint32_t count)
{
    uint32_t i, kept = 0, left = 0;

    qsort(stars, count, sizeof(*stars), by_place);
    for (i = 0; i < count; i++)
        if (!loses(&stars[i], stars, kept))
            stars[kept++] = stars[i];
    for (i = 0; i < kept; i++)
        if (stars[i].snr != LOST)
            stars[left++] = stars[i];
    return left;
}
