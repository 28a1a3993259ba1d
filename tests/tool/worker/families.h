/* families.h: pictures of the kinds that people have, drawn with their truth.
 */
#ifndef TESTS_TOOL_WORKER_FAMILIES_H
#define TESTS_TOOL_WORKER_FAMILIES_H

#include "samples.h"
#include "support/match.h"

enum family {
    FAMILY_SPARSE,
    FAMILY_CROWDED,  /* a cluster, its middle unresolved */
    FAMILY_BRIGHT,   /* white discs with glow and spikes */
    FAMILY_NEBULA,   /* clouds and threads */
    FAMILY_GALAXIES, /* as many as stars */
    FAMILY_COLOUR,   /* deep red and blue stars */
    FAMILY_JPEG,     /* of quality 60 */
    FAMILY_HOT,      /* pixels, and cosmic rays */
    FAMILY_FRAME,    /* linear light of 32-bit floats, FITS */
    FAMILY_CAPTION,  /* letters upon it */
    FAMILIES,
};

/* Pictures without a star field. */
enum plain { PLAIN_CLOUDS, PLAIN_LETTERS, PLAIN_DISCS, PLAIN_NOISE, PLAINS };

typedef struct drawn {
    sample file;       /* free() data */
    match_star *truth; /* brightest first; free(). S/N 0: not asked for */
    size_t count;
} drawn;

drawn family_draw(enum family family, uint64_t seed);
sample plain_draw(enum plain plain, uint64_t seed);

#endif
