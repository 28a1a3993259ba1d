/* Rings that show a star without hiding it.
 *
 * A ring leaves a gap around the star and grows with it. Its edge is blended
 * by how much of a pixel it covers, since a ring of whole pixels looks broken
 * at such radii. Drawing is done in the planes: in Y sharply, and in the
 * smaller colour planes a little wider, so that the line is red and not a
 * reddish grey.
 */
#include "worker/mark.h"

#include <math.h>

#define RADIUS_MAX 200.0f
#define LINE_WIDTH 1.6f
#define CHROMA_WIDTH 2.2f

/* Pure red, (255, 0, 0), as Y, Cb, Cr. */
static const uint8_t red[3] = { 76, 85, 255 };

typedef struct plane {
    uint8_t *data;
    int width, height, stride;
    float step_x, step_y; /* pixels of the picture from sample to sample */
    float line_width;     /* pixels of the picture */
    uint8_t colour;
} plane;

static plane plane_of(const picture *p, int i)
{
    int factor_x[TJ_NUMSAMP] = { [TJSAMP_444] = 1,
                                 [TJSAMP_422] = 2,
                                 [TJSAMP_420] = 2,
                                 [TJSAMP_440] = 1,
                                 [TJSAMP_411] = 4 };
    int factor_y[TJ_NUMSAMP] = { [TJSAMP_444] = 1,
                                 [TJSAMP_422] = 1,
                                 [TJSAMP_420] = 2,
                                 [TJSAMP_440] = 2,
                                 [TJSAMP_411] = 1 };

    return (plane){
        .data = p->planes[i],
        .width = tjPlaneWidth(i, (int)p->width, p->subsampling),
        .height = tjPlaneHeight(i, (int)p->height, p->subsampling),
        .stride = p->strides[i],
        .step_x = i == 0 ? 1.0f : (float)factor_x[p->subsampling],
        .step_y = i == 0 ? 1.0f : (float)factor_y[p->subsampling],
        .line_width = i == 0 ? LINE_WIDTH : CHROMA_WIDTH,
        .colour = red[i],
    };
}

static void blend(uint8_t *sample, uint8_t colour, float cover)
{
    *sample = (uint8_t)((float)*sample +
                        cover * ((float)colour - (float)*sample) + 0.5f);
}

/* One row of samples, from the left end of the ring to its right one. The
 * hole in the middle is jumped over. */
static void draw_row(const plane *p, int row, float cx, float dy, float radius)
{
    float reach = p->line_width / 2 + 0.5f * p->step_x;
    float outer = radius + reach, inner = radius - reach;
    float half = sqrtf(fmaxf(outer * outer - dy * dy, 0));
    float hole = inner > fabsf(dy) ? sqrtf(inner * inner - dy * dy) : 0;
    int x = (int)ceilf((cx - half) / p->step_x);
    int end = (int)floorf((cx + half) / p->step_x);
    uint8_t *samples = p->data + (size_t)row * (size_t)p->stride;

    x = x < 0 ? 0 : x;
    end = end >= p->width ? p->width - 1 : end;
    for (; x <= end; x++) {
        float dx = (float)x * p->step_x - cx, cover;

        if (fabsf(dx) < hole - p->step_x) {
            x = (int)((cx + hole) / p->step_x) - 1;
            hole = 0; /* once */
            continue;
        }
        cover = (reach - fabsf(sqrtf(dx * dx + dy * dy) - radius)) / p->step_x;
        if (cover > 0)
            blend(&samples[x], p->colour, fminf(cover, 1));
    }
}

static void draw_ring(const plane *p, float cx, float cy, float radius)
{
    float reach = radius + p->line_width / 2 + p->step_y;
    int y, first, last;

    /* A sample of a smaller plane lies in the middle of what it covers. */
    cx -= (p->step_x - 1) / 2;
    cy -= (p->step_y - 1) / 2;
    first = (int)ceilf((cy - reach) / p->step_y);
    last = (int)floorf((cy + reach) / p->step_y);
    first = first < 0 ? 0 : first;
    last = last >= p->height ? p->height - 1 : last;
    for (y = first; y <= last; y++)
        draw_row(p, y, cx, (float)y * p->step_y - cy, radius);
}

void mark_stars(picture *p, const job_star *stars, uint32_t count,
                float radius_min)
{
    plane planes[3] = { plane_of(p, 0), plane_of(p, 1), plane_of(p, 2) };
    uint32_t i;
    int k;

    for (i = 0; i < count; i++) {
        float radius = fminf(fmaxf(3 * stars[i].a, radius_min), RADIUS_MAX);

        for (k = 0; k < 3; k++)
            draw_ring(&planes[k], (float)stars[i].x, (float)stars[i].y, radius);
    }
}
