/* Reading FITS header cards.
 *
 * A header with 999 axes crashes cfitsio 4.2, and one with two huge axes makes
 * it allocate for data that is not there. So the cards that decide about sizes
 * are read here first: 80 bytes each in blocks of 2880, at most three axes,
 * the product held against the size of the file. cfitsio then gets no more of
 * the file than what passed.
 */
#include "worker/fits_header.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    CARD = 80,
    BLOCK = 2880,
    AXES_MAX = 3,
    HDUS_MAX = 100,
};

#define HEADER_MAX ((size_t)16 << 20)

/* One header unit, as its cards say. */
typedef struct unit {
    bool is_picture, is_compressed, is_groups;
    long bits, axes;
    long sides[AXES_MAX]; /* NAXIS1 .. */
    long extra, groups;   /* PCOUNT, GCOUNT */
    double zero, scale;
} unit;

static bool is_named(const uint8_t *card, const char *name)
{
    char padded[9];

    memset(padded, ' ', 8);
    memcpy(padded, name, strlen(name));
    return memcmp(card, padded, 8) == 0;
}

/* The value field as text; it starts behind "= ". */
static void read_text(const uint8_t *card, char text[CARD + 1])
{
    memcpy(text, card + 10, CARD - 10);
    text[CARD - 10] = '\0';
}

static long read_whole(const uint8_t *card)
{
    char text[CARD + 1];

    read_text(card, text);
    return strtol(text, NULL, 10); /* out of range becomes LONG_MAX: refused */
}

static double read_real(const uint8_t *card)
{
    char text[CARD + 1], *c;

    read_text(card, text);
    for (c = text; *c != '\0' && *c != '/'; c++)
        if (*c == 'D' || *c == 'd')
            *c = 'E'; /* Fortran's exponent */
    return strtod(text, NULL);
}

static bool read_flag(const uint8_t *card)
{
    char text[CARD + 1];

    read_text(card, text);
    return text[strspn(text, " ")] == 'T';
}

static bool value_starts(const uint8_t *card, const char *word)
{
    char text[CARD + 1];

    read_text(card, text);
    return strncmp(text + strspn(text, " "), word, strlen(word)) == 0;
}

static void take_card(unit *u, const uint8_t *card)
{
    if (is_named(card, "SIMPLE"))
        u->is_picture = read_flag(card);
    else if (is_named(card, "XTENSION"))
        u->is_picture = value_starts(card, "'IMAGE");
    else if (is_named(card, "ZIMAGE"))
        u->is_compressed = read_flag(card);
    else if (is_named(card, "GROUPS"))
        u->is_groups = read_flag(card);
    else if (is_named(card, "BITPIX"))
        u->bits = read_whole(card);
    else if (is_named(card, "NAXIS"))
        u->axes = read_whole(card);
    else if (memcmp(card, "NAXIS", 5) == 0 && card[5] >= '1' &&
             card[5] <= '0' + AXES_MAX && card[6] == ' ')
        u->sides[card[5] - '1'] = read_whole(card);
    else if (is_named(card, "PCOUNT"))
        u->extra = read_whole(card);
    else if (is_named(card, "GCOUNT"))
        u->groups = read_whole(card);
    else if (is_named(card, "BZERO"))
        u->zero = read_real(card);
    else if (is_named(card, "BSCALE"))
        u->scale = read_real(card);
}

/* Reads cards from *at on; leaves *at behind the last header block. */
static uint32_t read_header(const decode_source *source, size_t *at, unit *u,
                            refusal *why)
{
    size_t start = *at, card = start;

    *u = (unit){ .groups = 1, .scale = 1 };
    for (; card + CARD <= source->size; card += CARD) {
        if (card - start > HEADER_MAX)
            return decode_refuse(why, JOB_TOO_LARGE,
                                 "FITS with more than 16 MiB of header");
        if (is_named(source->data + card, "END")) {
            *at = start + (card - start) / BLOCK * BLOCK + BLOCK;
            return JOB_GOOD;
        }
        take_card(u, source->data + card);
    }
    return decode_refuse(why, JOB_TRUNCATED, "FITS ends within its header");
}

static uint32_t check_unit(const unit *u, refusal *why)
{
    long i;

    if (u->axes < 0 || u->axes > 999)
        return decode_refuse(why, JOB_CORRUPT,
                             "FITS header without a valid NAXIS");
    if (u->axes > AXES_MAX)
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "FITS with %ld axes is not supported", u->axes);
    if (u->bits != 8 && u->bits != 16 && u->bits != 32 && u->bits != 64 &&
        u->bits != -32 && u->bits != -64)
        return decode_refuse(why, JOB_CORRUPT,
                             "FITS header without a valid BITPIX");
    for (i = 0; i < u->axes; i++)
        if (u->sides[i] < 0)
            return decode_refuse(why, JOB_CORRUPT,
                                 "FITS header with a negative axis");
    if (u->extra < 0 || u->groups < 0 || !isfinite(u->zero) ||
        !isfinite(u->scale) || u->scale == 0)
        return decode_refuse(why, JOB_CORRUPT,
                             "FITS header with impossible values");
    return JOB_GOOD;
}

/* Bytes of the unit's data without padding; false if they overflow. */
static bool data_size(const unit *u, uint64_t *size)
{
    uint64_t count = u->axes > 0 ? 1 : 0;
    long i;

    for (i = 0; i < u->axes; i++)
        if (__builtin_mul_overflow(count, (uint64_t)u->sides[i], &count))
            return false;
    return !__builtin_add_overflow(count, (uint64_t)u->extra, &count) &&
           !__builtin_mul_overflow(count, (uint64_t)u->groups, &count) &&
           !__builtin_mul_overflow(count, (uint64_t)labs(u->bits) / 8, size);
}

static uint32_t accept_image(const decode_source *source, const unit *u,
                             fits_image *out, refusal *why)
{
    uint64_t planes = u->axes == 3 ? (uint64_t)u->sides[2] : 1;
    uint32_t verdict = decode_check_size(source, (uint64_t)u->sides[0],
                                         (uint64_t)u->sides[1], why);

    if (verdict != JOB_GOOD)
        return verdict;
    out->bits = (int)u->bits;
    out->width = (uint32_t)u->sides[0];
    out->height = (uint32_t)u->sides[1];
    out->planes = planes > UINT32_MAX ? UINT32_MAX : (uint32_t)planes;
    out->zero = u->zero;
    out->scale = u->scale;
    return JOB_GOOD;
}

static bool holds_picture(const unit *u)
{
    return u->is_picture && !u->is_groups && u->axes >= 2 && u->sides[0] > 0 &&
           u->sides[1] > 0 && (u->axes == 2 || u->sides[2] > 0);
}

static uint32_t take_unit(const decode_source *source, const unit *u,
                          size_t *at, fits_image *out, bool *found,
                          refusal *why)
{
    uint32_t verdict = check_unit(u, why);
    uint64_t size;

    if (verdict != JOB_GOOD)
        return verdict;
    *found = holds_picture(u);
    if (*found) {
        /* Before the data is looked for: a bomb is too large, not cut off. */
        verdict = accept_image(source, u, out, why);
        if (verdict != JOB_GOOD)
            return verdict;
    }
    if (u->is_compressed)
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "compressed FITS pictures are not supported");
    if (!data_size(u, &size))
        return decode_refuse(why, JOB_CORRUPT, "FITS header with huge axes");
    if (*at > source->size || size > source->size - *at)
        return decode_refuse(why, JOB_TRUNCATED,
                             "FITS ends before its pixels do");
    out->end = *at + size;
    *at += (size + BLOCK - 1) / BLOCK * BLOCK;
    return JOB_GOOD;
}

static uint32_t refuse_choice(int hdu, refusal *why)
{
    return decode_refuse(why, JOB_UNSUPPORTED,
                         "part %d of the FITS file is no picture of two axes",
                         hdu - 1);
}

uint32_t fits_find_image(const decode_source *source, fits_image *out,
                         refusal *why)
{
    uint32_t verdict;
    bool found = false;
    size_t at = 0;
    unit u;

    for (out->hdu = 1; out->hdu <= HDUS_MAX; out->hdu++) {
        if (out->hdu > 1 && at >= source->size)
            break;
        out->header = at;
        verdict = read_header(source, &at, &u, why);
        out->header_end = at;
        if (verdict == JOB_GOOD)
            verdict = take_unit(source, &u, &at, out, &found, why);
        if (verdict != JOB_GOOD || (found && source->hdu == 0))
            return verdict;
        if (source->hdu == (uint32_t)out->hdu)
            return found ? JOB_GOOD : refuse_choice(out->hdu, why);
    }
    if (source->hdu != 0)
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "FITS without a part %u: it has %d, counted from "
                             "0",
                             source->hdu - 1, out->hdu - 1);
    return decode_refuse(why, JOB_UNSUPPORTED,
                         "FITS without a picture of two axes");
}
