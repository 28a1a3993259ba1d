/* The digits must be those that printf() gives, no more than it takes. */
#include "report/shortest.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/test.h"

enum { NUMBERS = 100000 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void expect_double(double value)
{
    char text[SHORTEST_ROOM], slow[64];

    for (int digits = 9; digits <= 17; digits++) {
        snprintf(slow, sizeof slow, "%.*g", digits, value);
        if (strtod(slow, NULL) == value)
            break;
    }
    CHECK(shortest_double(value, text));
    CHECK_STR(text, slow);
}

static void expect_float(float value)
{
    char text[SHORTEST_ROOM], slow[64];

    for (int digits = 6; digits <= 9; digits++) {
        snprintf(slow, sizeof slow, "%.*g", digits, (double)value);
        if (strtof(slow, NULL) == value)
            break;
    }
    CHECK_EQ(shortest_float(value, text), fabsf(value) >= 1e-4);
    if (fabsf(value) < 1e-4)
        return; /* as a float, 0.0001 is less */
    CHECK_STR(text, slow);
}

/* Of all sizes alike, with all bits, or with those of a float. */
TEST(numbers_have_the_digits_that_printf_finds)
{
    uint64_t state = 7;

    for (int i = 0; i < NUMBERS; i++) {
        double fraction = (double)(next_random(&state) >> 11) * 0x1p-53;
        double value = 1.001e-4 * exp(fraction * log(9.9e9));

        value = next_random(&state) % 2 ? value : -value;
        expect_double(value);
        expect_double((double)(float)value);
        expect_float((float)value);
    }
}

TEST(round_numbers_and_borders_are_right)
{
    static const double values[] = { 1,       10,       0.1,       0.5,
                                     999999,  123456.5, 999999.5,  0.0001,
                                     0.00025, 100000,   272.16046, 1.0 / 3,
                                     1e5 - 1, 0.125,    524288,    0.0078125 };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        expect_double(values[i]);
        expect_double(nextafter(values[i], 1));
        expect_double(nextafter(values[i], 2e5));
        expect_float((float)values[i]);
        expect_float(nextafterf((float)values[i], 2e5F));
    }
    for (double power = 0x1p-12; power < 1e6; power *= 2) {
        expect_double(power);
        expect_double(-nextafter(power, 0));
        expect_float(-(float)power);
        expect_float(nextafterf((float)power, 1e6F));
    }
}

TEST(other_sizes_are_left_to_printf)
{
    static const double values[] = { 0,   -0.0,     1e6,       9.9e-5,
                                     1e9, INFINITY, -INFINITY, NAN };
    char text[SHORTEST_ROOM] = "as it was";

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CHECK(!shortest_double(values[i], text));
        CHECK(!shortest_float((float)values[i], text));
    }
    CHECK_STR(text, "as it was");
}
