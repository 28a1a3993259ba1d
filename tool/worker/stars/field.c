/* Half of all astronomical pictures show no star field: the Moon, an aurora, a
 * page, people. There are round peaks as well, but they do not agree on a
 * size; or few of all that stands out look like stars; or there are dark spots
 * of the same kind, which a sky has not. Then chance likenesses are no stars,
 * and none is reported.
 *
 * docs/internals/stars.md has the numbers that the limits were taken from.
 */
#include "worker/stars/field.h"

#define STRONG_Z 7.0f
#define DARK_Z 5.0f

/* Of what stands out and is neither drawn nor a defect of the camera. Skies
 * have 0.25 and more, photographs of things up to 0.12. */
#define SHARE_MIN 0.18f
/* The same where there are only a few. */
enum { FEW = 5 };
#define SHARE_OF_FEW_MIN 0.6f
/* Dark spots for each bright one; skies have less than 0.05. */
#define DARK_MAX 0.25f

typedef struct tally {
    float stars, others, drawn, dark;
} tally;

static void add(tally *t, const candidate *c)
{
    if (c->dark) {
        t->dark += c->fault == FAULT_NONE && c->z > DARK_Z;
        return;
    }
    if (c->plane != 0 || c->is_core || c->z < STRONG_Z)
        return;
    switch (c->fault) {
    case FAULT_NONE:
    case FAULT_KNOWN: /* another sight of it is listed */
        t->stars++;
        break;
    case FAULT_STROKE:
        t->drawn++;
        break;
    case FAULT_HOT:
    case FAULT_GLOW:
        break;
    default:
        t->others++;
    }
}

enum job_field field_judge(const candidate *candidates, uint32_t count,
                           uint32_t agreeing)
{
    tally t = { 0 };
    float share_min;
    uint32_t i;

    for (i = 0; i < count; i++)
        add(&t, &candidates[i]);
    if (t.stars + t.others + t.drawn < 1)
        return JOB_FIELD_EMPTY;
    if (t.dark > DARK_MAX * t.stars)
        return JOB_FIELD_TEXTURE;
    share_min = t.stars < FEW ? SHARE_OF_FEW_MIN : SHARE_MIN;
    if (t.stars < share_min * (t.stars + t.others))
        return t.drawn > t.others ? JOB_FIELD_DRAWN : JOB_FIELD_THINGS;
    if (agreeing < FIELD_AGREEING_MIN || t.stars < 1)
        return JOB_FIELD_NO_SIZE;
    return JOB_FIELD_STARS;
}
