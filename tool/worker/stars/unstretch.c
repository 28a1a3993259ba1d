/* Light adds up, levels of a shown picture do not.
 *
 * Whoever makes a picture of the sky presses its bright light together, mostly
 * by an asinh or a power. Two stars on one place are then less than their sum,
 * and a bright star is wider than a faint one, because its top is cut down and
 * its flanks are not. The second tells how strong the first is: a star of
 * height H over the sky falls to half of that where its light has fallen to
 * 1 / (2 cosh(H / 2 bend)), if levels are bend * asinh(light / bend). For a
 * Gaussian that is wider by sqrt(log2(2 cosh(H / 2 bend))). A power bends
 * alike over the levels that stars have.
 */
#include "worker/stars/unstretch.h"

#include <math.h>

#include "worker/light/measure.h"

/* Levels; above the last of them what is wider by chance would decide. */
#define BEND_LEAST 25.0f
#define BEND_MOST 1200.0f
#define BEND_STEP 1.1f
/* Fewer points of a locus tell no course. */
#define TELLING_LEAST 3
/* Beyond, no picture has levels. */
#define TURNS_MAX 12.0f

enum { TABLE_SIZE = 1024 };

/* How unlike widths are that a bend explains, and what they are without it. */
static float unlike(const star_locus *locus, float bend, float *width)
{
    float widths[LOCUS_MAX], sum = 0, squares = 0;
    int i;

    for (i = 0; i < locus->count; i++) {
        float turns = fminf(expf(locus->heights[i]) / (2 * bend), TURNS_MAX);

        widths[i] = locus->sizes[i] - 0.5f * logf(log2f(2 * coshf(turns)));
        sum += widths[i];
    }
    *width = sum / (float)locus->count;
    for (i = 0; i < locus->count; i++)
        squares += (widths[i] - *width) * (widths[i] - *width);
    return squares;
}

unstretch unstretch_learn(const star_locus *locus, float middle)
{
    unstretch u = { .middle = middle, .bend = INFINITY };
    float least = INFINITY, width, bend;

    if (locus->count < TELLING_LEAST)
        return u;
    for (bend = BEND_LEAST; bend < BEND_MOST; bend *= BEND_STEP) {
        float squares = unlike(locus, bend, &width);

        if (squares < least) {
            least = squares;
            u.bend = bend;
            u.size = expf(width) / FWHM_OF_SIGMA;
        }
    }
    if (u.bend * BEND_STEP >= BEND_MOST)
        u.bend = INFINITY;
    return u;
}

float unstretch_value(const unstretch *u, float value)
{
    float turns = fminf((value - u->middle) / u->bend, TURNS_MAX);

    return isfinite(u->bend) ? u->middle + u->bend * sinhf(turns) : value;
}

float unstretch_undo(const unstretch *u, float value)
{
    return isfinite(u->bend)
               ? u->middle + u->bend * asinhf((value - u->middle) / u->bend)
               : value;
}

/* Levels are few, so that a table of them is quicker than the function. */
void unstretch_values(const unstretch *u, const float *values, size_t count,
                      float *out)
{
    const float per_level = TABLE_SIZE / 256.0f;
    float table[TABLE_SIZE + 1];
    size_t i;

    for (i = 0; i <= TABLE_SIZE; i++)
        table[i] = unstretch_value(u, (float)i / per_level);
    for (i = 0; i < count; i++) {
        float at = values[i] * per_level;
        int below;

        at = at > 0 ? at : 0;
        at = at < TABLE_SIZE - 1 ? at : TABLE_SIZE - 1;
        below = (int)at;
        out[i] = table[below] +
                 (at - (float)below) * (table[below + 1] - table[below]);
    }
}
