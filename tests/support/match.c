/* Compares found stars with true ones.
 *
 * Brightest first, because a bright star may claim the detection that a faint
 * neighbour would otherwise take for itself. The found ones are sorted by row,
 * so that each star looks at the few rows around it: a list may have two
 * hundred thousand entries.
 */
#include "support/match.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { SNR_TO_FIND = 10 };

static const double reach_least_px = 2;

typedef struct candidate {
    double x, y;
    bool taken;
} candidate;

static int by_row(const void *a, const void *b)
{
    const candidate *first = a, *second = b;

    return (first->y > second->y) - (first->y < second->y);
}

/* The first candidate at or below row y. */
static size_t first_at(const candidate *candidates, size_t count, double y)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (candidates[middle].y < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static candidate *nearest(candidate *candidates, size_t count,
                          const match_star *star)
{
    double reach = fmax(reach_least_px, star->fwhm / 2), best = reach;
    size_t i = first_at(candidates, count, star->y - reach);
    candidate *result = NULL;

    for (; i < count && candidates[i].y <= star->y + reach; i++) {
        double distance =
            hypot(candidates[i].x - star->x, candidates[i].y - star->y);

        if (!candidates[i].taken && distance <= best) {
            best = distance;
            result = &candidates[i];
        }
    }
    return result;
}

static candidate *sorted_copy(const match_star *found, size_t count)
{
    candidate *copy = calloc(count + 1, sizeof *copy);

    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        copy[i] = (candidate){ .x = found[i].x, .y = found[i].y };
    qsort(copy, count, sizeof *copy, by_row);
    return copy;
}

static double share(size_t part, size_t whole)
{
    return whole == 0 ? 1 : (double)part / (double)whole;
}

int match_stars(const match_star *truth, size_t truth_count,
                const match_star *found, size_t found_count, match_score *score)
{
    candidate *candidates = sorted_copy(found, found_count);
    match_score sum = { .found = found_count };
    double squares = 0;

    if (candidates == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < truth_count; i++) {
        candidate *match = nearest(candidates, found_count, &truth[i]);
        bool wanted = truth[i].snr >= SNR_TO_FIND;

        sum.to_find += wanted;
        if (match == NULL)
            continue;
        match->taken = true;
        sum.right++;
        sum.hit += wanted;
        if (wanted)
            squares += (match->x - truth[i].x) * (match->x - truth[i].x) +
                       (match->y - truth[i].y) * (match->y - truth[i].y);
    }
    free(candidates);
    sum.recall = share(sum.hit, sum.to_find);
    sum.precision = share(sum.right, sum.found);
    sum.rms_px = sum.hit > 0 ? sqrt(squares / 2 / (double)sum.hit) : 0;
    *score = sum;
    return 0;
}
