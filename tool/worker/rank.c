/* Find (Hoare 1961): like sorting, but only the part that holds the rank is
 * looked at again. Equal values stop both ends, so a flat picture is no worst
 * case. */
#include "worker/rank.h"

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
