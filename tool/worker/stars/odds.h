/* odds.h: how likely a candidate is a star, by all that was measured. */
#ifndef TOOL_WORKER_STARS_ODDS_H
#define TOOL_WORKER_STARS_ODDS_H

#include "worker/stars/starlike.h"

enum { ODDS_TERMS = 45 + RINGS_TERMS };

/* Hears of every candidate that is weighed: for those who fit the weights. */
typedef struct odds_listener {
    void (*tell)(void *arg, const candidate *c, const float terms[ODDS_TERMS]);
    void *arg;
} odds_listener;

/* The picture that candidates are of. */
typedef struct odds_picture {
    const light_map *light; /* that was searched */
    float fwhm;             /* of its stars */
    float step;             /* that a JPEG was rounded with, or 0 */
    bool is_frame;          /* of a camera: nothing in it is written */
} odds_picture;

/* What surrounds the candidates of one picture. */
typedef struct odds_sky {
    odds_picture picture;
    float sharpness;   /* of its stars */
    float dark_share;  /* logarithm of dark over bright ones */
    float star_area;   /* for that of usual ones */
    float density;     /* logarithm of strong ones a pixel of usual stars */
    float squares;     /* of JPEG: how strong they are */
    float black;       /* share of what is */
    int columns, rows; /* of tiles */
    struct outlook *outlooks;
    float *shadows; /* of each candidate: what brighter ones cast on it */
} odds_sky;

/* Look around. The picture is lent until odds_sky_fini(). Returns 0 or
 * -ENOMEM. */
int odds_sky_init(odds_sky *sky, const candidate *candidates, uint32_t count,
                  const odds_picture *picture);
void odds_sky_fini(odds_sky *sky);

/* What speaks for candidate number `i` and against it, in units of about 1. */
void odds_terms(const odds_sky *sky, const candidate *candidates, uint32_t i,
                float terms[ODDS_TERMS]);

/* The logarithm of the odds that these terms give. */
float odds_of(const float terms[ODDS_TERMS]);

#endif
