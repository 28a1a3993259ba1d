/* A saturated star is a disc with a glow and, through a telescope with vanes,
 * spikes. To a filter of the size of a star it is many things; here it is put
 * together again. The middle value of each ring around its deepest point is
 * its glow, which is subtracted so that fainter stars within are found; what
 * is left on a straight line through the centre, on both sides, is a spike.
 *
 * Letters and drawn discs are white as well. Those have hard edges: they end
 * within a pixel or two, while a star fades.
 */
#include "worker/stars/cores.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "worker/pixels/lanes.h"
#include "worker/light/rank.h"

/* How much wider a disc is than at half of its light, for what is to be told
 * from it: of the width of a star. */
#define COVERED_MORE 0.25f

enum {
    AREA_MAX = 40000, /* pixels; what is larger is a moon or a page */
    CORES_MAX = 3000,
    REACH_MIN = 24,
    FADED_AWAY = 2, /* pixels outside of half the height */
};

/* Shares of the height. A picture that was shrunk and sharpened has stars that
 * are nearly as crisp as letters. */
#define CRISPEST 0.05f
#define SOFT 0.12f
#define FADED_LEAST 0.02f
#define HARD_DARK 0.08f
#define HARD_WHITE 0.5f
#define CRISP_WHITE 0.7f

/* One white region. */
typedef struct region {
    int *pixels; /* lent */
    int area, left, right, top, bottom;
} region;

/* Collect the region that holds `start`, and mark it in `seen`. */
static void flood(const light_map *map, float white, int start,
                  unsigned char *seen, region *r)
{
    int head = 0, w = map->width, h = map->height;

    *r = (region){ .pixels = r->pixels, .left = w, .top = h };
    r->pixels[r->area++] = start;
    seen[start] = 1;
    while (head < r->area) {
        int at = r->pixels[head++], x = at % w, y = at / w, k;
        static const int steps[4][2] = {
            { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 }
        };

        r->left = x < r->left ? x : r->left;
        r->right = x > r->right ? x : r->right;
        r->top = y < r->top ? y : r->top;
        r->bottom = y > r->bottom ? y : r->bottom;
        for (k = 0; k < 4; k++) {
            int u = x + steps[k][0], v = y + steps[k][1], next = v * w + u;

            if (u < 0 || v < 0 || u >= w || v >= h || seen[next] ||
                !(map->values[next] >= white))
                continue;
            seen[next] = 1;
            r->pixels[r->area++] = next;
        }
    }
}

static bool is_white(const light_map *map, float white, int x, int y)
{
    return x >= 0 && y >= 0 && x < map->width && y < map->height &&
           map->values[(size_t)y * (size_t)map->width + (size_t)x] >= white;
}

/* Distance to the nearest end of white in eight directions, at most `limit`. */
static int depth_at(const light_map *map, float white, int x, int y, int limit)
{
    int d;

    for (d = 1; d <= limit; d++) {
        int s = (d * 181) >> 8; /* the same length along a diagonal */

        if (!is_white(map, white, x + d, y) ||
            !is_white(map, white, x - d, y) ||
            !is_white(map, white, x, y + d) ||
            !is_white(map, white, x, y - d) ||
            !is_white(map, white, x + s, y + s) ||
            !is_white(map, white, x - s, y + s) ||
            !is_white(map, white, x + s, y - s) ||
            !is_white(map, white, x - s, y - s))
            return d - 1;
    }
    return limit;
}

/* The middle of the deepest pixels. */
static void find_centre(const light_map *map, float white, const region *r,
                        core *c)
{
    int limit = (r->right - r->left < r->bottom - r->top ? r->right - r->left
                                                         : r->bottom - r->top) /
                    2 +
                1;
    int best = 0, i, n = 0;
    double x = 0, y = 0;

    for (i = 0; i < r->area; i++) {
        int px = r->pixels[i] % map->width, py = r->pixels[i] / map->width;
        int depth = depth_at(map, white, px, py, limit);

        if (depth > best) {
            best = depth;
            x = y = n = 0;
        }
        if (depth == best) {
            x += px;
            y += py;
            n++;
        }
    }
    c->x = (float)(x / n);
    c->y = (float)(y / n);
    c->radius = (float)best + 0.5f;
}

/* Rays are five degrees apart. */
static float ray_cosine(int k)
{
    static const float quarter[CORE_RAYS / 4 + 1] = {
        1,          0.9961947f, 0.9848078f, 0.9659258f, 0.9396926f,
        0.9063078f, 0.8660254f, 0.8191520f, 0.7660444f, 0.7071068f,
        0.6427876f, 0.5735764f, 0.5000000f, 0.4226183f, 0.3420201f,
        0.2588190f, 0.1736482f, 0.0871557f, 0
    };
    int half = k % (CORE_RAYS / 2);
    float sign = k % CORE_RAYS >= CORE_RAYS / 2 ? -1 : 1;

    return half <= CORE_RAYS / 4 ? sign * quarter[half]
                                 : -sign * quarter[CORE_RAYS / 2 - half];
}

static float ray_sine(int k)
{
    return ray_cosine(k + CORE_RAYS * 3 / 4);
}

typedef struct fall {
    float median[CORE_REACH_MAX];
    int reach;
} fall;

static float sample_ray(const light_map *map, const core *c, float cosine,
                        float sine, int radius)
{
    int x = (int)lrintf(c->x + cosine * (float)radius);
    int y = (int)lrintf(c->y + sine * (float)radius);

    x = x < 0 ? 0 : x >= map->width ? map->width - 1 : x;
    y = y < 0 ? 0 : y >= map->height ? map->height - 1 : y;
    return map->values[(size_t)y * (size_t)map->width + (size_t)x];
}

static void measure_fall(const light_map *map, const core *c, fall *f)
{
    float values[CORE_RAYS];
    int r, k;

    f->reach = (int)(14 * c->radius);
    f->reach = f->reach < REACH_MIN        ? REACH_MIN
               : f->reach > CORE_REACH_MAX ? CORE_REACH_MAX
                                           : f->reach;
    for (r = 0; r < f->reach; r++) {
        for (k = 0; k < CORE_RAYS; k++)
            values[k] = sample_ray(map, c, ray_cosine(k), ray_sine(k), r);
        rank_select_few(values, CORE_RAYS, (int[]){ CORE_RAYS * 2 / 5 }, 1,
                        &f->median[r]);
        if (r > 0 && f->median[r] > f->median[r - 1])
            f->median[r] = f->median[r - 1];
    }
}

/* Where the glow sinks below that height over the sky. */
static int radius_of(const fall *f, float value)
{
    int r = 0;

    while (r < f->reach && f->median[r] > value)
        r++;
    return r;
}

/* What is left of its height right outside of the disc. */
static float fade_of(const core *c, const fall *f)
{
    int outside = (int)lrintf(c->radius + 2.5f);

    return outside < f->reach ? (f->median[outside] - c->level) / c->height : 0;
}

/* Whether it ends within a pixel or two where a star fades, or only in some
 * directions and is white in others: so do letters, between and along their
 * strokes. A star fades the same way all around, and its spikes are few. */
static bool is_drawn(const light_map *map, const core *c, const fall *f)
{
    float values[CORE_RAYS], shares[3];
    int k, radius = (int)c->half_radius + FADED_AWAY;

    if (radius >= f->reach ||
        f->median[radius] - c->level < FADED_LEAST * c->height)
        return true;
    for (k = 0; k < CORE_RAYS; k++)
        values[k] = (sample_ray(map, c, ray_cosine(k), ray_sine(k), radius) -
                     c->level) /
                    c->height;
    rank_select_few(
        values, CORE_RAYS,
        (int[]){ CORE_RAYS / 6, CORE_RAYS * 5 / 6, CORE_RAYS * 11 / 12 }, 3,
        shares);
    return (shares[0] < HARD_DARK && shares[1] > HARD_WHITE) ||
           (fade_of(c, f) < SOFT && shares[2] > CRISP_WHITE);
}

/* Round, compact and soft. */
static bool looks_like_star(const region *r, const fall *f, core *c)
{
    float disc = sqrtf((float)r->area / (float)M_PI);
    int wide = r->right - r->left + 1, high = r->bottom - r->top + 1;
    float longer = (float)(wide > high ? wide : high);

    c->level = f->median[f->reach - 1];
    c->height = f->median[0] - c->level;
    if (c->height < 20 || c->radius < 0.5f * disc ||
        longer > 6.5f * c->radius + 4)
        return false;
    c->half_radius = (float)radius_of(f, c->level + 0.5f * c->height);
    c->reach = (float)radius_of(f, c->level + 1);
    return c->half_radius <= 0.6f * (float)f->reach && fade_of(c, f) > CRISPEST;
}

/* How far light stands out along each ray, where it does opposite as well. */
static void find_spikes(const light_map *rest, core *c)
{
    int low = (int)(1.6f * c->half_radius) + 2;
    int high = low + (int)(2 * c->half_radius) + 10, k, r;
    float strength[CORE_RAYS];

    for (k = 0; k < CORE_RAYS; k++) {
        float sum = 0;

        for (r = low; r < high; r++)
            sum += fminf(sample_ray(rest, c, ray_cosine(k), ray_sine(k), r) -
                             c->level,
                         40);
        strength[k] = sum / (float)(high - low);
    }
    for (k = 0; k < CORE_RAYS; k++) {
        int dull = 0;

        c->spikes[k] = 0;
        if (strength[k] < 2 ||
            strength[(k + CORE_RAYS / 2) % CORE_RAYS] < 0.35f * strength[k] ||
            strength[k] < strength[(k + 4) % CORE_RAYS] + 1 ||
            strength[k] < strength[(k + CORE_RAYS - 4) % CORE_RAYS] + 1)
            continue;
        for (r = low; r < CORE_REACH_MAX && dull < 6; r++)
            dull =
                sample_ray(rest, c, ray_cosine(k), ray_sine(k), r) - c->level <
                        2
                    ? dull + 1
                    : 0;
        c->spikes[k] = (float)r * 1.4f;
    }
}

static void subtract(const core *c, const fall *f, float *rest,
                     const light_map *map)
{
    int reach = (int)c->reach, x, y;

    for (y = (int)c->y - reach; y <= (int)c->y + reach; y++)
        for (x = (int)c->x - reach; x <= (int)c->x + reach; x++) {
            float dx = (float)x - c->x, dy = (float)y - c->y;
            float r = sqrtf(dx * dx + dy * dy);
            int i = (int)r;

            if (x < 0 || y < 0 || x >= map->width || y >= map->height ||
                i + 1 >= reach)
                continue;
            rest[(size_t)y * (size_t)map->width + (size_t)x] -=
                f->median[i] +
                (r - (float)i) * (f->median[i + 1] - f->median[i]) - c->level;
        }
}

static int keep(core_list *list, const core *c)
{
    if (list->cores == NULL)
        list->cores = malloc(CORES_MAX * sizeof(*list->cores));
    if (list->cores == NULL)
        return -ENOMEM;
    list->cores[list->count++] = *c;
    return 0;
}

static int take_region(const light_map *map, float white, const region *r,
                       float *rest, core_list *out)
{
    light_map left = { rest, map->width, map->height };
    core c = { 0 };
    fall f;

    find_centre(map, white, r, &c);
    measure_fall(map, &c, &f);
    if (!looks_like_star(r, &f, &c) || is_drawn(map, &c, &f))
        return 0;
    measure_fall(&left, &c, &f);
    c.level = f.median[f.reach - 1];
    subtract(&c, &f, rest, map);
    find_spikes(&left, &c);
    return keep(out, &c);
}

/* The next white pixel from `at` on; `count` if there is none. */
LANES_FUNCTION static size_t next_white(const float *values, size_t at,
                                        size_t count, float white)
{
    enum { STEP = 4 * LANES };

    for (; at + STEP <= count; at += STEP) {
        const lanes *v = (const lanes *)(values + at);
        lane_flags any = (v[0] >= white) | (v[1] >= white) | (v[2] >= white) |
                         (v[3] >= white);
        int64_t halves[4];

        memcpy(halves, &any, sizeof(halves));
        if (halves[0] | halves[1] | halves[2] | halves[3])
            break;
    }
    while (at < count && !(values[at] >= white))
        at++;
    return at;
}

int cores_take(const light_map *map, float white, float star_fwhm, float *rest,
               core_list *out)
{
    size_t count = (size_t)map->width * (size_t)map->height, i;
    int area_min = (int)fmaxf(6, 0.9f * star_fwhm * star_fwhm), rc = 0;
    unsigned char *seen = NULL;
    region r = { 0 };

    *out = (core_list){ 0 };
    for (i = next_white(map->values, 0, count, white);
         i < count && rc == 0 && out->count < CORES_MAX;
         i = next_white(map->values, i + 1, count, white)) {
        if (seen != NULL && seen[i])
            continue;
        if (seen == NULL) {
            /* Most pictures have a few white places or none. */
            seen = calloc(count, 1);
            r.pixels = malloc(count * sizeof(*r.pixels));
            if (seen == NULL || r.pixels == NULL) {
                rc = -ENOMEM;
                break;
            }
        }
        flood(map, white, (int)i, seen, &r);
        if (r.area >= area_min && r.area <= AREA_MAX)
            rc = take_region(map, white, &r, rest, out);
    }
    free(seen);
    free(r.pixels);
    if (rc < 0)
        free(out->cores);
    return rc;
}

int cores_explain(const core_list *list, float x, float y, float height,
                  float axis_ratio, float star_fwhm)
{
    uint32_t i;

    for (i = 0; i < list->count; i++) {
        const core *c = &list->cores[i];
        float dx = x - c->x, dy = y - c->y, away = sqrtf(dx * dx + dy * dy);
        int k;

        if (away > 2 * CORE_REACH_MAX)
            continue;
        if (away < 1.25f * c->half_radius + 0.5f * star_fwhm)
            return 1;
        for (k = 0; k < CORE_RAYS; k++) {
            float along, across;

            if (c->spikes[k] == 0)
                continue;
            along = dx * ray_cosine(k) + dy * ray_sine(k);
            across = fabsf(dy * ray_cosine(k) - dx * ray_sine(k));
            if (along <= 0 || along > c->spikes[k])
                continue;
            if (across < 0.9f * star_fwhm + 0.045f * along &&
                (axis_ratio < 0.8f ||
                 height < 0.25f * c->height * c->half_radius / along))
                return 1;
        }
    }
    return 0;
}

int cores_cover(const core_list *list, float x, float y, float star_fwhm)
{
    uint32_t i;

    for (i = 0; i < list->count; i++) {
        const core *c = &list->cores[i];

        if (hypotf(x - c->x, y - c->y) <
            c->half_radius + COVERED_MORE * star_fwhm)
            return 1;
    }
    return 0;
}
