/* Find (Hoare 1961): like sorting, but only the part that holds the rank is
 * looked at again. Equal values stop both ends, so a flat picture is no worst
 * case. */
#include "worker/rank.h"

#include <math.h>
#include <string.h>

#include "worker/lanes.h"

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

/* How many values are less than each. Of few values that is faster known for
 * all of them, without a branch, than it is to sort. */
LANES_FUNCTION static void count_less(const float *values, int count,
                                      int32_t *less)
{
    int i = 0, j;

    for (; i + LANES < count; i += 2 * LANES) {
        lanes own = *(const lanes *)(values + i);
        lanes next = *(const lanes *)(values + i + LANES);
        lane_flags sum = { 0 }, next_sum = { 0 };

        for (j = 0; j < count; j++) {
            sum -= own > values[j];
            next_sum -= next > values[j];
        }
        memcpy(less + i, &sum, sizeof(sum));
        memcpy(less + i + LANES, &next_sum, sizeof(next_sum));
    }
    for (; i < count; i += LANES) {
        lanes own = *(const lanes *)(values + i);
        lane_flags sum = { 0 };

        for (j = 0; j < count; j++)
            sum -= own > values[j];
        memcpy(less + i, &sum, sizeof(sum));
    }
}

void rank_select_few(const float *values, int count, const int *ranks, int n,
                     float *out)
{
    float padded[RANK_FEW_MAX], sorted[RANK_FEW_MAX];
    unsigned char known[RANK_FEW_MAX] = { 0 };
    int32_t less[RANK_FEW_MAX];
    int i, k;

    memcpy(padded, values, (size_t)count * sizeof(*values));
    for (i = count; i % LANES != 0; i++)
        padded[i] = INFINITY;
    count_less(padded, i, less);
    for (i = 0; i < count; i++) {
        sorted[less[i]] = values[i];
        known[less[i]] = 1;
    }
    for (k = 0; k < n; k++) {
        /* Equal values share the first of their ranks. */
        for (i = ranks[k]; !known[i]; i--)
            continue;
        out[k] = sorted[i];
    }
}
