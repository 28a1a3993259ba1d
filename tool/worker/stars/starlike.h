/* starlike.h: which of the things that stand out look like stars. */
#ifndef TOOL_WORKER_STARS_STARLIKE_H
#define TOOL_WORKER_STARS_STARLIKE_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/stars/fit.h"
#include "worker/stars/stand.h"

/* Lowe's (2004) limit: a ridge's curvatures differ by more than this factor. */
#define STARLIKE_CURVE_MAX 8.0f
/* A star stands out of what is close by, too. */
#define STARLIKE_CONTRAST_MIN 2.0f

struct odds_picture; /* odds.h */
struct odds_listener;

/* What a candidate was refused for. */
enum starlike_fault {
    FAULT_NONE,
    FAULT_SHAPELESS, /* no finite size */
    FAULT_HOT,       /* sharper than the optics allow: a hot pixel */
    FAULT_LONG,      /* an edge, a thread, a spike, a cosmic ray */
    FAULT_UNEVEN,    /* no higher than what is around it */
    FAULT_SIZE,      /* larger or smaller than the picture's stars */
    FAULT_STROKE,    /* part of a line or a letter */
    FAULT_UNLIKELY,  /* nothing is wrong, but all of it is a little */
    FAULT_KNOWN,     /* luminance shows it already */
    FAULT_GLOW,      /* belongs to a brighter star */
};

typedef struct candidate {
    fit fit;
    stand stand;
    float z;        /* signal to noise in the filtered map */
    float curve;    /* see peaks.h */
    float merit;    /* logarithm of the odds that it is a star */
    float off;      /* logarithm of its size over that of a star as high */
    float taken;    /* light of brighter stars that was subtracted there */
    float contrast; /* the same against the filtered map close by */
    uint8_t plane;
    uint8_t fault; /* enum starlike_fault */
    uint8_t doubt; /* the fault that its shape or its place gave it */
    bool saturated;
    bool is_pressed; /* nearly, by what was done to the picture */
    bool is_core;    /* a disc with its glow, measured as such */
    bool covered;    /* by one of those */
    bool dark;       /* of the negative picture */
    bool is_wide;    /* off the locus, and kept */
} candidate;

/* What was searched: luminance, the colours, luminance once more without the
 * stars found first, and that through a smaller filter. */
enum { PLANE_LIGHT, PLANE_COLOUR, PLANE_REST, PLANE_SHARPER };

static inline bool starlike_is_colour(const candidate *c)
{
    return c->plane == PLANE_COLOUR;
}

enum { LOCUS_MAX = 8 };

/* The size of stars against the logarithm of their height: in a stretched
 * picture bright ones are wider. */
typedef struct star_locus {
    float fwhm; /* of the picture's stars; 0: nothing tells */
    float heights[LOCUS_MAX], sizes[LOCUS_MAX]; /* both logarithms */
    int count;
    bool keep_wide; /* what is wider is no star, but wanted */
    float white;    /* of the picture, or INFINITY: near it a star's top was
                       pressed flat, which makes it as wide as it is bright */
} star_locus;

/* The mode of the sizes of strong round peaks: sigma, or 0. `agreeing` is how
 * many share it. */
float starlike_size(const candidate *candidates, uint32_t count, float z_min,
                    uint32_t *agreeing);

/* Set the fault of each candidate, as far as its own shape tells. */
void starlike_check_shapes(candidate *candidates, uint32_t count, float fwhm);

/* From candidates without a fault. */
void starlike_find_locus(const candidate *candidates, uint32_t count,
                         float fwhm, star_locus *out);

/* Logarithm of the width of a star of that height. */
float starlike_size_at(const star_locus *locus, float height);

/* Refuse what is off the locus. */
void starlike_check_sizes(candidate *candidates, uint32_t count,
                          const star_locus *locus);

/* Refuse candidates that everything measured together makes unlikely, and take
 * back a fault that the rest outweighs. How likely one must be is learnt from
 * the dark spots, which are no stars. The listener may be NULL. Returns 0 or
 * -ENOMEM. */
int starlike_check_merits(candidate *candidates, uint32_t count,
                          const struct odds_picture *picture,
                          const struct odds_listener *listener);

#endif
