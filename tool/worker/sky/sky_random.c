/* Random numbers for the simulated sky.
 *
 * The truth about a picture is worth something only if everybody gets the same
 * picture from the same seed. So nothing here depends on a C library: a 64-bit
 * counter that steps by the golden ratio and is then mixed (the SplitMix
 * construction of Steele, Lea and Flood, 2014), and bell-shaped numbers as the
 * sum of twelve uniform ones, whose variance is exactly 1. A logarithm or a
 * cosine would round differently from one libm to the next.
 */
#include "worker/sky/sky_random.h"

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

sky_random sky_random_from(uint64_t seed, uint64_t purpose)
{
    return (sky_random){ .state = mix(seed + GOLDEN) ^ mix(purpose * GOLDEN) };
}

uint64_t sky_random_next(sky_random *random)
{
    return mix(random->state += GOLDEN);
}

double sky_random_unit(sky_random *random)
{
    return (double)(sky_random_next(random) >> 11) * 0x1p-53;
}

double sky_random_between(sky_random *random, double low, double high)
{
    return low + (high - low) * sky_random_unit(random);
}

double sky_random_bell(sky_random *random)
{
    int32_t sum = 0;

    for (int i = 0; i < 3; i++) {
        uint64_t bits = sky_random_next(random);

        sum += (int32_t)(bits & 0xffff) + (int32_t)(bits >> 16 & 0xffff) +
               (int32_t)(bits >> 32 & 0xffff) + (int32_t)(bits >> 48);
    }
    return (sum - 12 * 32767.5) * 0x1p-16;
}

uint64_t sky_random_at(uint64_t seed, uint64_t layer, int64_t x, int64_t y)
{
    uint64_t z = mix(seed + layer * GOLDEN);

    z = mix(z ^ (uint64_t)x);
    return mix(z ^ (uint64_t)y * GOLDEN);
}
