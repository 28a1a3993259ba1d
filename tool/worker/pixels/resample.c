/* Lanczos, in whole numbers.
 *
 * Rows first: the sum over rows runs along them, so that it vectorises by
 * itself, and leaves one row of levels with six bits behind the point; the sum
 * along that row then yields the samples. A level between the passes needs
 * sixteen bits: rounding it to eight would cost a tenth of a dB.
 *
 * Weights have fourteen bits and always add up to one, the remainder of each
 * handed on to the next; so an even area stays as it is however small the
 * weights get. They are read from a table of the kernel: a sine for each would
 * cost more than all the sums of a small picture.
 *
 * A picture shrunk by s has windows of 6 s samples, so each sample of the
 * source is touched six times a pass, whatever s is.
 */
#include "worker/pixels/resample.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "worker/pixels/pixel_loops.h"

enum {
    LOBES = 3,
    STEPS = 1024, /* entries of the table from one whole number to the next */
    ONE = 1 << LOOPS_WEIGHT_BITS
};

static float kernel[LOBES * STEPS + 2];

static void fill_kernel(void)
{
    kernel[0] = 1;
    for (int i = 1; i < LOBES * STEPS; i++) {
        double x = M_PI * i / STEPS;

        kernel[i] = (float)(LOBES * sin(x) * sin(x / LOBES) / (x * x));
    }
}

void resample_warm_up(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, fill_kernel);
}

static float kernel_at(double distance)
{
    double place = fabs(distance) * STEPS;
    int i = (int)place;
    float part = (float)(place - i);

    if (i >= LOBES * STEPS)
        return 0;
    return kernel[i] + part * (kernel[i + 1] - kernel[i]);
}

/* For each new sample the window of old ones that it is made of. */
typedef struct windows {
    int taps; /* of each, a multiple of LOOPS_TAPS_STEP */
    int32_t *first;
    int16_t *weights;
} windows;

/* The part of a window that lies inside the plane. */
typedef struct reach {
    int first, count;
} reach;

static reach reach_of(double centre, double radius, int in)
{
    int first = (int)floor(centre - radius + 0.5);
    int end = (int)floor(centre + radius + 0.5);

    first = first < 0 ? 0 : first >= in ? in - 1 : first;
    end = end > in ? in : end <= first ? first + 1 : end;
    return (reach){ first, end - first };
}

/* To the nearest whole number, as rintf() does: a float of that size has no
 * bits behind its point. Each weight waits for what the one before it owes, and
 * this takes half as long as to make an integer of it and a float of that
 * again. */
static float round_weight(float weight)
{
    const float no_bits_left = 0x1.8p23F;

    return (weight + no_bits_left) - no_bits_left;
}

/* Weights that add up to ONE exactly. */
static void weigh(reach r, double centre, double scale, float *raw,
                  int16_t *weights)
{
    double distance = (r.first + 0.5 - centre) / scale, step = 1 / scale;
    float sum = 0, owed = 0;

    for (int i = 0; i < r.count; i++, distance += step) {
        raw[i] = kernel_at(distance);
        sum += raw[i];
    }
    sum = ONE / sum;
    for (int i = 0; i < r.count; i++) {
        float exact = raw[i] * sum + owed, whole = round_weight(exact);

        /* One weight of all is 1.0 when nothing is shrunk: it fits. */
        weights[i] = (int16_t)whole;
        owed = exact - whole;
    }
}

static int round_up(int n, int step)
{
    return (n + step - 1) / step * step;
}

static bool are_made(const workspace *ws, int which, const resample_axis *axis,
                     int in, int out)
{
    return ws->axes[which].out == out && ws->axes[which].in == in &&
           ws->axes[which].origin == axis->origin &&
           ws->axes[which].step == axis->step;
}

/* A slot for each axis, since both are in use at a time. The planes of a
 * picture follow each other, so those of the plane before may do. */
static int make_windows(const resample_axis *axis, int in, int out,
                        enum workspace_slot slot, workspace *ws, windows *made)
{
    double scale = fabs(axis->step) > 1 ? fabs(axis->step) : 1;
    double radius = LOBES * scale;
    int taps = round_up((int)ceil(2 * radius) + 1, LOOPS_TAPS_STEP);
    size_t firsts = ((size_t)out * sizeof(int32_t) + 63) & ~(size_t)63;
    size_t weights = (size_t)out * (size_t)taps * sizeof(int16_t);
    uint8_t *memory = workspace_take(ws, slot,
                                     firsts + ((weights + 63) & ~(size_t)63) +
                                         (size_t)taps * sizeof(float));
    int which = slot == WORKSPACE_ACROSS ? 0 : 1;
    float *raw;

    if (memory == NULL) {
        ws->axes[which].out = 0;
        return -ENOMEM;
    }
    *made = (windows){ taps, (int32_t *)(void *)memory,
                       (int16_t *)(void *)(memory + firsts) };
    if (are_made(ws, which, axis, in, out))
        return 0;
    raw = (float *)(void *)(memory + firsts + ((weights + 63) & ~(size_t)63));
    memset(made->weights, 0, weights);
    for (int i = 0; i < out; i++) {
        /* Never outside, where the lobes alone could add up to nothing. */
        double centre =
            fmin(fmax(axis->origin + (i + 0.5) * axis->step, 0), in);
        reach r = reach_of(centre, radius, in);

        made->first[i] = r.first;
        weigh(r, centre, scale, raw, made->weights + (size_t)i * (size_t)taps);
    }
    ws->axes[which].origin = axis->origin;
    ws->axes[which].step = axis->step;
    ws->axes[which].in = in;
    ws->axes[which].out = out;
    return 0;
}

/* The window's rows; those behind the last have no weight. An even number of
 * them, and no more than have one. */
static int point_at_rows(const plane *from, const windows *w, int row,
                         const uint8_t **rows)
{
    const int16_t *weights = w->weights + (size_t)row * (size_t)w->taps;
    int taps = w->taps;

    while (taps > 2 && weights[taps - 1] == 0 && weights[taps - 2] == 0)
        taps -= 2;
    for (int i = 0; i < taps; i++) {
        int y = w->first[row] + i;

        y = y < from->height ? y : from->height - 1;
        rows[i] = from->data + (size_t)y * (size_t)from->stride;
    }
    return taps;
}

/* A row of levels for each channel, each followed by zeros: a window at the
 * right border reaches beyond it, with weights of 0. */
typedef struct level_rows {
    int16_t *mixed; /* as they come from the rows */
    int16_t *of[RESAMPLE_CHANNELS_MAX];
    const uint8_t **rows;
} level_rows;

static int make_rows(int width, int channels, int taps, int rows, workspace *ws,
                     level_rows *made)
{
    size_t row = (((size_t)width + (size_t)taps) * sizeof(int16_t) +
                  LOOPS_PADDING + 63) &
                 ~(size_t)63;
    size_t mixed = channels > 1 ? row * (size_t)channels : 0;
    size_t all = mixed + row * (size_t)channels;
    uint8_t *memory = workspace_take(ws, WORKSPACE_LEVELS,
                                     all + (size_t)rows * sizeof *made->rows);

    if (memory == NULL)
        return -ENOMEM;
    memset(memory, 0, all);
    for (int i = 0; i < channels; i++)
        made->of[i] = (int16_t *)(void *)(memory + mixed + row * (size_t)i);
    made->mixed = channels > 1 ? (int16_t *)(void *)memory : made->of[0];
    made->rows = (const uint8_t **)(void *)(memory + all);
    return 0;
}

static void sort_channels(const level_rows *levels, int width, int channels)
{
    for (int i = 0; channels > 1 && i < channels; i++)
        for (int x = 0; x < width; x++)
            levels->of[i][x] = levels->mixed[x * channels + i];
}

static int make_both(const plane *from, const resample_axis *x,
                     const resample_axis *y, const plane *to, workspace *ws,
                     windows *across, windows *down)
{
    int rc =
        make_windows(x, from->width, to->width, WORKSPACE_ACROSS, ws, across);

    return rc < 0 ? rc
                  : make_windows(y, from->height, to->height, WORKSPACE_DOWN,
                                 ws, down);
}

int resample_plane(const plane *from, int channels, int wanted,
                   const resample_axis *x, const resample_axis *y,
                   const plane *to, workspace *ws)
{
    const pixel_loops *loops = pixel_loops_best();
    windows across, down;
    level_rows levels = { 0 };
    int rc;

    resample_warm_up();
    rc = make_both(from, x, y, to, ws, &across, &down);

    if (rc == 0)
        rc = make_rows(from->width, channels, across.taps, down.taps, ws,
                       &levels);
    if (rc < 0)
        return rc;
    for (int row = 0; row < to->height; row++) {
        int taps = point_at_rows(from, &down, row, levels.rows);

        loops->sum_rows(levels.rows,
                        down.weights + (size_t)row * (size_t)down.taps, taps,
                        from->width * channels, levels.mixed);
        sort_channels(&levels, from->width, channels);
        for (int i = 0; i < channels && i < wanted; i++)
            loops->sum_along(levels.of[i], across.first, across.weights,
                             across.taps, to->width,
                             to[i].data + (size_t)row * (size_t)to[i].stride);
    }
    return 0;
}
