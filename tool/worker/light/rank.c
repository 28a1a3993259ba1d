/* Find (Hoare 1961): like sorting, but only the part that holds the rank is
 * looked at again. Equal values stop both ends, so a flat picture is no worst
 * case. */
#include "worker/light/rank.h"

#include <math.h>
#include <string.h>

#include "worker/pixels/lanes.h"

float rank_select(float *values, int count, int rank)
{
    int low = 0, high = count - 1;

    while (low < high) {
        float pivot = values[low + (high - low) / 2];
        int i = low, j = high;

        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j) {
                float v = values[i];

                values[i++] = values[j];
                values[j--] = v;
            }
        }
        if (rank <= j)
            high = j;
        else if (rank >= i)
            low = i;
        else
            break;
    }
    return values[rank];
}

/* Few values are sorted faster than one of them is found: by a network (Batcher
 * 1968), which compares the same places whatever lies there, so that many
 * comparisons are one instruction and none is a branch.
 *
 * The values lie in `n` registers, one below the other, and are sorted down
 * the columns of these: the place of a value is its row, and n times its
 * column. Each step compares all places with those whose number differs in the
 * same bits, and puts the lesser first.
 */
#define INLINE_STEP static inline __attribute__((always_inline))

enum { ROWS_MAX = 16 };

INLINE_STEP void order(lane_flags *low, lane_flags *high)
{
    lane_flags a = *low, b = *high, less = a < b;

    *low = (a & less) | (b & ~less);
    *high = (b & less) | (a & ~less);
}

/* Two rows, columns of which are compared with those whose number differs in
 * these bits. The second row may be the first. */
INLINE_STEP void order_across(lane_flags *row, lane_flags *other, int bits)
{
    lane_flags low = *row, high = *other, a, b;

    if (bits == 1)
        high = __builtin_shufflevector(high, high, 1, 0, 3, 2, 5, 4, 7, 6);
    else if (bits == 2)
        high = __builtin_shufflevector(high, high, 2, 3, 0, 1, 6, 7, 4, 5);
    else if (bits == 3)
        high = __builtin_shufflevector(high, high, 3, 2, 1, 0, 7, 6, 5, 4);
    else
        high = __builtin_shufflevector(high, high, 7, 6, 5, 4, 3, 2, 1, 0);
    order(&low, &high);
    if (bits == 1) {
        a = __builtin_shufflevector(low, high, 0, 9, 2, 11, 4, 13, 6, 15);
        b = __builtin_shufflevector(low, high, 1, 8, 3, 10, 5, 12, 7, 14);
    } else if (bits == 2) {
        a = __builtin_shufflevector(low, high, 0, 1, 10, 11, 4, 5, 14, 15);
        b = __builtin_shufflevector(low, high, 2, 3, 8, 9, 6, 7, 12, 13);
    } else if (bits == 3) {
        a = __builtin_shufflevector(low, high, 0, 1, 10, 11, 4, 5, 14, 15);
        b = __builtin_shufflevector(low, high, 3, 2, 9, 8, 7, 6, 13, 12);
    } else {
        a = __builtin_shufflevector(low, high, 0, 1, 2, 3, 12, 13, 14, 15);
        b = __builtin_shufflevector(low, high, 7, 6, 5, 4, 11, 10, 9, 8);
    }
    *other = b;
    *row = a;
}

INLINE_STEP void sort_step(lane_flags *rows, int n, int bits)
{
    int down = bits & (n - 1), across = bits / n;

    for (int i = 0; i < n; i++)
        if ((i ^ down) >= i) {
            if (across == 0)
                order(&rows[i], &rows[i ^ down]);
            else
                order_across(&rows[i], &rows[i ^ down], across);
        }
}

/* n rows, each of which is eight values of 2 to the power of `levels`. */
INLINE_STEP void sort_rows(lane_flags *rows, int n, int levels)
{
#pragma GCC unroll 7
    for (int level = 1; level <= levels; level++) {
        sort_step(rows, n, (1 << level) - 1);
#pragma GCC unroll 6
        for (int bit = level - 2; bit >= 0; bit--)
            sort_step(rows, n, 1 << bit);
    }
}

/* As whole numbers floats are in order once the bits of the negative ones are
 * turned around. A compiler that knows how many rows there are keeps them in
 * registers. */
INLINE_STEP void sort_values(float *values, int n, int levels)
{
    lane_flags rows[ROWS_MAX];

#pragma GCC unroll 16
    for (int i = 0; i < n; i++) {
        rows[i] = (lane_flags) * (const lanes *)(values + i * LANES);
        rows[i] ^= (rows[i] >> 31) & INT32_MAX;
    }
    sort_rows(rows, n, levels);
#pragma GCC unroll 16
    for (int i = 0; i < n; i++) {
        rows[i] ^= (rows[i] >> 31) & INT32_MAX;
        *(lanes *)(values + i * LANES) = (lanes)rows[i];
    }
}

LANES_FUNCTION static void sort_columns(float *values, int n)
{
    if (n == ROWS_MAX / 4)
        sort_values(values, ROWS_MAX / 4, 5);
    else if (n == ROWS_MAX / 2)
        sort_values(values, ROWS_MAX / 2, 6);
    else
        sort_values(values, ROWS_MAX, 7);
}

void rank_select_few(const float *values, int count, const int *ranks, int n,
                     float *out)
{
    float sorted[ROWS_MAX * LANES];
    int rows = ROWS_MAX / 4, i;

    while (rows * LANES < count)
        rows *= 2;
    memcpy(sorted, values, (size_t)count * sizeof(*values));
    for (i = count; i < rows * LANES; i++)
        sorted[i] = INFINITY;
    sort_columns(sorted, rows);
    for (i = 0; i < n; i++)
        out[i] = sorted[ranks[i] % rows * LANES + ranks[i] / rows];
}
