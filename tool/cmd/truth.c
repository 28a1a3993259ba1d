/* Stars below the noise were drawn, too; nobody can be asked to find those. */
#include "cmd/truth.h"

#define FINDABLE_SNR 5

int64_t truth_count(const job_star *stars, uint32_t count)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < count; i++)
        n += stars[i].snr >= FINDABLE_SNR;
    return n;
}
