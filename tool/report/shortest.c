/* Asking printf() and strtod() again and again for how many digits it takes is
 * most of the time that a catalogue takes. Numbers of a middling size are whole
 * numbers of 53 bits times a power of two, and with 128 bits their digits, and
 * how far these are from the number itself, are known exactly.
 */
#include "report/shortest.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 wide;

/* From the least size to that beyond the largest. */
static const double tens[] = { 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1,
                               1e2,  1e3,  1e4,  1e5,  1e6 };

enum { UNITS = 4, BEYOND = 10 };

/* mantissa / 2^shift */
typedef struct number {
    uint64_t mantissa;
    int shift;
    bool is_edge; /* the number below is only half as far as that above */
} number;

/* Digits, of which the last `places` stand behind the point. */
typedef struct decimal {
    uint64_t digits;
    int places;
} decimal;

static number take_apart(double size, int bits)
{
    int exponent;
    double fraction = frexp(size, &exponent);

    return (number){ .mantissa = (uint64_t)ldexp(fraction, bits),
                     .shift = bits - exponent,
                     .is_edge = fraction == 0.5 };
}

/* The number as a decimal with so many places, and whether it reads back: it
 * does if it is less than half the way to the next number off. */
static bool round_to(const number *n, wide ten_to_places, uint64_t *digits)
{
    wide scaled = n->mantissa * ten_to_places, one = (wide)1 << n->shift;
    wide whole = scaled >> n->shift, rest = scaled & (one - 1), off = rest;
    bool up = 2 * rest > one || (2 * rest == one && (whole & 1));

    if (up)
        off = one - rest;
    off *= n->is_edge && !up ? 4 : 2;
    *digits = (uint64_t)whole + up;
    return off < ten_to_places ||
           (off == ten_to_places && n->mantissa % 2 == 0);
}

static decimal find_shortest(double size, int bits, int digits)
{
    number n = take_apart(size, bits);
    decimal out = { .places = digits - 1 + UNITS };
    wide ten_to_places = 1;

    for (int i = 1; size >= tens[i]; i++)
        out.places--;
    for (int i = 0; i < out.places; i++)
        ten_to_places *= 10;
    /* With 9 digits for a float and 17 for a double, all read back. */
    while (!round_to(&n, ten_to_places, &out.digits)) {
        ten_to_places *= 10;
        out.places++;
    }
    return out;
}

static void write_decimal(decimal d, bool negative, char *text)
{
    char backwards[SHORTEST_ROOM];
    int n = 0;

    for (; d.places > 0 && d.digits % 10 == 0; d.places--)
        d.digits /= 10;
    do {
        backwards[n++] = (char)('0' + d.digits % 10);
        d.digits /= 10;
        if (--d.places == 0)
            backwards[n++] = '.';
    } while (d.digits > 0 || d.places >= 0);
    if (negative)
        *text++ = '-';
    while (n > 0)
        *text++ = backwards[--n];
    *text = '\0';
}

static bool write_shortest(double value, int bits, int digits, char *text)
{
    double size = fabs(value);

    if (!(size >= tens[0] && size < tens[BEYOND]))
        return false;
    write_decimal(find_shortest(size, bits, digits), value < 0, text);
    return true;
}

bool shortest_double(double value, char text[SHORTEST_ROOM])
{
    return write_shortest(value, DBL_MANT_DIG, 9, text);
}

bool shortest_float(float value, char text[SHORTEST_ROOM])
{
    return write_shortest((double)value, FLT_MANT_DIG, 6, text);
}
