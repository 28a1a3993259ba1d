/* Rings that show a star without hiding it.
 *
 * A ring leaves a gap around the star and grows with its light. Its edge is
 * blended by how much of a pixel it covers, since a ring of whole pixels looks
 * broken at such radii. Drawing is done in the planes: in Y sharply, and in the
 * smaller colour planes a little wider, so that the line is red and not a
 * reddish grey. Nebulae are as red as that: upon them rings are cyan.
 */
#include "worker/pixels/mark.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/pixels/lanes.h"

#define RADIUS_MAX 200
#define LINE_WIDTH 1.6f
#define CHROMA_WIDTH 2.2f
/* Of the least radius, for each time that a star is ten times as bright. */
#define GROWTH 0.3f
#define SHADE_WIDTH 1.0f
#define SHADE_STRENGTH 0.6f
#define PAPER_STRENGTH 0.7f

enum {
    NUMBERS_MAX = 999, /* more would hide the picture */
    LARGE_PX = 600,    /* numbers are twice as large from here on */
    INK = 235,
    ARC_MAX = 2 * (RADIUS_MAX + 8), /* samples */
};

/* (255, 0, 0) and (0, 255, 255), as Y, Cb, Cr. */
static const uint8_t red[3] = { 76, 85, 255 }, cyan[3] = { 179, 171, 0 };

/* Between colours of grounds and of rings, in Cb and Cr. */
#define NOT_RED 80.0f

/* A picture so many pixels wide is seen as it is; what is larger, smaller. */
#define SIDE_SEEN 1600.0f
#define THICKEST 3.0f
/* Of the distance between stars. */
#define RADIUS_SHARE 0.25f

typedef struct plane {
    uint8_t *data;
    int width, height, stride;
    float step_x, step_y; /* pixels of the picture from sample to sample */
    float line_width;     /* pixels of the picture */
    float colour;
    float strength; /* 1: nothing shines through */
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
        .strength = 1,
    };
}

static void blend(uint8_t *sample, float colour, float cover)
{
    *sample =
        (uint8_t)((float)*sample + cover * (colour - (float)*sample) + 0.5f);
}

/* A row of samples that a ring crosses. */
typedef struct crossing {
    float cx, dy; /* of the centre, in pixels: along the row, from the row */
    float radius;
    float reach; /* of the line to both sides, with half a sample */
} crossing;

/* How far each of `n` samples, from number `x` on, is from the centre. */
LANES_FUNCTION static void measure_row(const crossing *c, float step, int x,
                                       int n, float *restrict away)
{
    float cx = c->cx, dy2 = c->dy * c->dy;

    for (int i = 0; i < n; i++) {
        float dx = (float)(x + i) * step - cx;

        away[i] = sqrtf(dx * dx + dy2);
    }
}

/* Blend each sample by how much of it the line covers. `n` is a multiple of
 * LANES. */
LANES_FUNCTION static void blend_row(const plane *p, const crossing *c,
                                     uint8_t *restrict samples,
                                     const float *restrict away, int n)
{
    const lane_flags magnitude = (lane_flags){ 0 } + INT32_MAX;
    const lanes one = (lanes){ 0 } + 1;

    for (int i = 0; i < n; i += LANES) {
        lane_bytes *at = (lane_bytes *)(samples + i);
        lanes old = __builtin_convertvector(*at, lanes);
        lanes off = *(const lanes *)(away + i) - c->radius, cover;
        lane_flags full;

        off = (lanes)((lane_flags)off & magnitude);
        cover = (c->reach - off) / p->step_x;
        cover = (lanes)((lane_flags)cover & (cover > 0));
        full = cover > one;
        cover = (lanes)(((lane_flags)cover & ~full) | ((lane_flags)one & full));
        old += p->strength * cover * (p->colour - old) + 0.5f;
        *at = __builtin_convertvector(__builtin_convertvector(old, lane_flags),
                                      lane_bytes);
    }
}

/* A part of the row. What is done beyond its end, to fill lanes, changes
 * nothing: no line is there. */
static void draw_arc(const plane *p, uint8_t *row, const crossing *c, int x,
                     int end)
{
    float away[ARC_MAX];
    uint8_t last[LANES];
    int n, left;

    x = x < 0 ? 0 : x;
    end = end < p->width ? end : p->width;
    if (x >= end)
        return;
    n = (end - x + LANES - 1) / LANES * LANES;
    measure_row(c, p->step_x, x, n, away);
    if (x + n <= p->width) {
        blend_row(p, c, row + x, away, n);
        return;
    }
    /* Beyond the row there may be none. */
    n -= LANES;
    left = p->width - x - n;
    blend_row(p, c, row + x, away, n);
    memcpy(last, row + x + n, (size_t)left);
    blend_row(p, c, last, away + n, LANES);
    memcpy(row + x + n, last, (size_t)left);
}

/* From the left end of the ring to its right one, less the hole if that is
 * worth a second arc. */
static void draw_row(const plane *p, int row, const crossing *c)
{
    float outer = c->radius + c->reach, inner = c->radius - c->reach;
    float dy2 = c->dy * c->dy, half = sqrtf(fmaxf(outer * outer - dy2, 0));
    float hole = inner > fabsf(c->dy) ? sqrtf(inner * inner - dy2) : 0;
    int x = (int)ceilf((c->cx - half) / p->step_x);
    int end = (int)floorf((c->cx + half) / p->step_x) + 1;
    int first_end = (int)((c->cx - hole) / p->step_x) + 1;
    int second = (int)((c->cx + hole) / p->step_x) - 1;
    uint8_t *samples = p->data + (size_t)row * (size_t)p->stride;

    if (second - first_end < 2 * LANES) {
        draw_arc(p, samples, c, x, end);
        return;
    }
    draw_arc(p, samples, c, x, first_end);
    draw_arc(p, samples, c, second, end);
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
        draw_row(p, y,
                 &(crossing){ .cx = cx,
                              .dy = (float)y * p->step_y - cy,
                              .radius = radius,
                              .reach = p->line_width / 2 + 0.5f * p->step_x });
}

float mark_radius(const job_star *star, float faintest, float radius_min)
{
    float decades =
        star->flux > 0 && faintest > 0 ? log10f(star->flux / faintest) : 0;
    float radius = fmaxf(3 * star->a, radius_min);

    radius += GROWTH * radius_min * fminf(fmaxf(decades, 0), 5);
    return fminf(radius, RADIUS_MAX);
}

float mark_radius_min(uint32_t width, uint32_t height, uint32_t count)
{
    float side = (float)(width > height ? width : height);
    float room =
        RADIUS_SHARE * sqrtf((float)width * (float)height / ((float)count + 1));
    float scale = fminf(fmaxf(side / SIDE_SEEN, 1), THICKEST);

    return fmaxf(fminf(scale * MARK_RADIUS_MIN, room), MARK_RADIUS_MIN);
}

/* Dark lines below the coloured ones, so that these are seen on what is bright
 * or red itself. */
static plane shade_of(const picture *p)
{
    plane shade = plane_of(p, 0);

    shade.line_width += 2 * SHADE_WIDTH;
    shade.colour = 0;
    shade.strength = SHADE_STRENGTH;
    return shade;
}

static float sample_at(const plane *p, float x, float y)
{
    int column = (int)(x / p->step_x), row = (int)(y / p->step_y);

    column = column < 0 ? 0 : column < p->width ? column : p->width - 1;
    row = row < 0 ? 0 : row < p->height ? row : p->height - 1;
    return p->data[(size_t)row * (size_t)p->stride + (size_t)column];
}

/* Whether the ground below a ring is as red as the ring would be. */
static bool is_red(const plane colours[2], float x, float y, float radius)
{
    enum { PLACES = 8 };
    float away[2] = { 0 };

    for (int i = 0; i < PLACES; i++)
        for (int k = 0; k < 2; k++) {
            float turn = 2 * (float)M_PI * (float)i / PLACES;

            away[k] += (sample_at(&colours[k], x + radius * cosf(turn),
                                  y + radius * sinf(turn)) -
                        red[1 + k]) /
                       PLACES;
        }
    return hypotf(away[0], away[1]) < NOT_RED;
}

/* Which rings are cyan, a byte each; NULL: none, or there is no memory, which
 * only makes them less easy to see. free() it. */
static uint8_t *find_red_grounds(const picture *p, const plane colours[2],
                                 const job_star *stars, uint32_t count,
                                 float radius_min)
{
    float faintest = count > 0 ? stars[count - 1].flux : 0;
    uint8_t *reds = p->is_grey ? NULL : malloc((size_t)count + 1);

    for (uint32_t i = 0; reds != NULL && i < count; i++)
        reds[i] = is_red(colours, (float)stars[i].x, (float)stars[i].y,
                         mark_radius(&stars[i], faintest, radius_min));
    return reds;
}

void mark_stars(picture *p, const job_star *stars, uint32_t count,
                float radius_min)
{
    plane planes[] = { shade_of(p), plane_of(p, 0), plane_of(p, 1),
                       plane_of(p, 2) };
    float faintest = count > 0 ? stars[count - 1].flux : 0;
    float thickness = fmaxf(radius_min / MARK_RADIUS_MIN, 1) - 1;
    uint8_t *reds = find_red_grounds(p, planes + 2, stars, count, radius_min);
    uint32_t i;
    int k;

    /* One after the other, so that no shade lies upon a neighbour's ring. */
    for (k = 0; k < 4; k++) {
        planes[k].line_width += thickness * LINE_WIDTH;
        for (i = 0; i < count; i++) {
            if (k > 0)
                planes[k].colour =
                    reds != NULL && reds[i] ? cyan[k - 1] : red[k - 1];
            draw_ring(&planes[k], (float)stars[i].x, (float)stars[i].y,
                      mark_radius(&stars[i], faintest, radius_min));
        }
    }
    free(reds);
}

/* Three by five dots a digit, a bit each, row after row from the top left. */
static const uint16_t digits[10] = { 075557, 026227, 071747, 071717, 055711,
                                     074717, 074757, 071111, 075757, 075717 };

enum { DIGIT_WIDTH = 3, DIGIT_HEIGHT = 5, DIGIT_STEP = 4 };

/* A rectangle of the picture's pixels. */
static void fill(const plane *p, float x, float y, float width, float height)
{
    int left = (int)lrintf(x / p->step_x);
    int right = (int)lrintf((x + width) / p->step_x);
    int top = (int)lrintf(y / p->step_y);
    int bottom = (int)lrintf((y + height) / p->step_y);
    int i, j;

    left = left < 0 ? 0 : left;
    top = top < 0 ? 0 : top;
    right = right > p->width ? p->width : right;
    bottom = bottom > p->height ? p->height : bottom;
    for (j = top; j < bottom; j++)
        for (i = left; i < right; i++)
            blend(&p->data[(size_t)j * (size_t)p->stride + (size_t)i],
                  p->colour, p->strength);
}

static void draw_digit(const plane *p, int digit, float x, float y, float dot)
{
    int i;

    for (i = 0; i < DIGIT_WIDTH * DIGIT_HEIGHT; i++)
        if (digits[digit] >> (DIGIT_WIDTH * DIGIT_HEIGHT - 1 - i) & 1)
            fill(p, x + dot * (float)(i % DIGIT_WIDTH),
                 y + dot * (float)(i / DIGIT_WIDTH), dot, dot);
}

/* White upon dark: so small, colours are not seen. */
static void draw_number(const plane paper[3], const plane *ink, uint32_t number,
                        float x, float y, float dot)
{
    char text[12];
    int length = snprintf(text, sizeof text, "%u", number), i;

    for (i = 0; i < 3; i++)
        fill(&paper[i], x - dot, y - dot,
             dot * (float)(DIGIT_STEP * length + 1),
             dot * (float)(DIGIT_HEIGHT + 2));
    for (i = 0; i < length; i++)
        draw_digit(ink, text[i] - '0', x + dot * (float)(DIGIT_STEP * i), y,
                   dot);
}

static plane paper_of(const picture *p, int i)
{
    plane paper = plane_of(p, i);

    paper.colour = i == 0 ? 0 : 128;
    paper.strength = PAPER_STRENGTH;
    return paper;
}

void mark_numbers(picture *p, const job_star *stars, uint32_t count,
                  float radius_min)
{
    plane paper[3] = { paper_of(p, 0), paper_of(p, 1), paper_of(p, 2) };
    plane ink = plane_of(p, 0);
    float dot = floorf((p->width >= LARGE_PX ? 2 : 1) *
                       fmaxf(radius_min / MARK_RADIUS_MIN, 1));
    float faintest = count > 0 ? stars[count - 1].flux : 0;
    uint32_t i;

    ink.colour = INK;
    for (i = 0; i < count && i < NUMBERS_MAX; i++) {
        float radius = mark_radius(&stars[i], faintest, radius_min);
        float width = dot * (float)(DIGIT_STEP * 3);
        float x = (float)stars[i].x + 0.7f * radius + 2;
        float y = (float)stars[i].y - 0.7f * radius - dot * DIGIT_HEIGHT;

        /* At the right border to the left, at the upper one below. */
        if (x + width > (float)p->width)
            x = (float)stars[i].x - 0.7f * radius - 2 - width;
        if (y < dot)
            y = (float)stars[i].y + 0.7f * radius + 2;
        draw_number(paper, &ink, i + 1, x, y, dot);
    }
}
