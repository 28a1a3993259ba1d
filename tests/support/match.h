/* match.h: how well a list of found stars agrees with the truth. */
#ifndef TEST_SUPPORT_MATCH_H
#define TEST_SUPPORT_MATCH_H

#include <stddef.h>

/* fwhm and snr matter for the truth only. */
typedef struct match_star {
    double x, y; /* 0-based pixel centres */
    double fwhm; /* pixels */
    double snr;
} match_star;

typedef struct match_score {
    size_t to_find;   /* true stars with S/N >= 10 */
    size_t hit;       /* of them found */
    size_t found;     /* entries of the found list */
    size_t right;     /* of them matched with a true star of any S/N */
    double recall;    /* hit / to_find; 1 if there was nothing to find */
    double precision; /* right / found; 1 if nothing was found */
    double rms_px;    /* of one axis, over the matched stars with S/N >= 10 */
} match_score;

/* The true stars, brightest first, each take the nearest entry of `found` that
 * is not further away than max(2 px, fwhm / 2) and not taken yet. Returns 0 or
 * -ENOMEM. */
int match_stars(const match_star *truth, size_t truth_count,
                const match_star *found, size_t found_count,
                match_score *score);

#endif
