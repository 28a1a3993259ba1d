/* Reading FITS header cards.
 *
 * A header with 999 axes crashes cfitsio 4.2, and one with two huge axes makes
 * it allocate for data that is not there. So the cards that decide about sizes
 * are read here first: 80 bytes each in blocks of 2880, at most six axes, the
 * product held against the size of the file. cfitsio then gets no more of
 * the file than what passed.
 *
 * A compressed picture lies in a table, a row a tile. Cards with a Z in front
 * say what it is like unpacked; those are held against the limits, and those of
 * the table against the size of the file.
 */
#include "worker/decode/fits_header.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    CARD = 80,
    BLOCK = 2880,
    AXES_MAX = 6,
    HDUS_MAX = 100,
};

#define HEADER_MAX ((size_t)16 << 20)

typedef struct array {
    long bits, axes;      /* BITPIX, NAXIS */
    long sides[AXES_MAX]; /* NAXIS1 .. */
} array;

/* One header unit, as its cards say. */
typedef struct unit {
    bool is_picture, is_compressed, is_groups;
    array stored;
    array unpacked;      /* ZBITPIX, ZNAXIS, ZNAXIS1 .. */
    long tile[AXES_MAX]; /* ZTILE1 .. */
    long extra, groups;  /* PCOUNT, GCOUNT */
    double zero, scale;
    double saturate;         /* what the camera's people take for its ceiling */
    char third[CARD];        /* CTYPE3: what the planes of a cube are */
    char pattern[CARD];      /* BAYERPAT, or COLORTYP */
    long offset_x, offset_y; /* where the pattern begins */
} unit;

/* Eight bytes, padded with blanks. */
static void read_name(const uint8_t *card, char name[9])
{
    size_t length = 8;

    while (length > 0 && card[length - 1] == ' ')
        length--;
    memcpy(name, card, length);
    name[length] = '\0';
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

/* Text in quotes, without these and blanks before and behind it. */
static void read_word(const uint8_t *card, char word[CARD])
{
    char text[CARD + 1], *from, *end;

    read_text(card, text);
    from = text + strspn(text, " '");
    end = from + strcspn(from, "'");
    while (end > from && end[-1] == ' ')
        end--;
    *end = '\0';
    memcpy(word, from, (size_t)(end - from) + 1);
}

/* Which number `name` ends with, behind `stem`, the first being 0; -1 if it is
 * none of an axis that we may have. */
static int axis_of(const char *name, const char *stem)
{
    size_t length = strlen(stem);

    if (strncmp(name, stem, length) != 0 || name[length] < '1' ||
        name[length] > '0' + AXES_MAX || name[length + 1] != '\0')
        return -1;
    return name[length] - '1';
}

static void take_array(array *a, const char *name, const uint8_t *card)
{
    int axis = axis_of(name, "NAXIS");

    if (strcmp(name, "BITPIX") == 0)
        a->bits = read_whole(card);
    else if (strcmp(name, "NAXIS") == 0)
        a->axes = read_whole(card);
    else if (axis >= 0)
        a->sides[axis] = read_whole(card);
}

/* What colours are called differs from program to program. */
static bool take_colours(unit *u, const char *name, const uint8_t *card)
{
    if (strcmp(name, "CTYPE3") == 0)
        read_word(card, u->third);
    else if (strcmp(name, "BAYERPAT") == 0 ||
             (strcmp(name, "COLORTYP") == 0 && u->pattern[0] == '\0'))
        read_word(card, u->pattern);
    else if (strcmp(name, "XBAYROFF") == 0)
        u->offset_x = read_whole(card);
    else if (strcmp(name, "YBAYROFF") == 0)
        u->offset_y = read_whole(card);
    else
        return false;
    return true;
}

static void take_packed(unit *u, const char *name, const uint8_t *card)
{
    int axis = axis_of(name, "TILE");

    if (strcmp(name, "IMAGE") == 0)
        u->is_compressed = read_flag(card);
    else if (axis >= 0)
        u->tile[axis] = read_whole(card);
    else
        take_array(&u->unpacked, name, card);
}

static void take_card(unit *u, const uint8_t *card)
{
    char name[9];

    read_name(card, name);
    if (strcmp(name, "SIMPLE") == 0)
        u->is_picture = read_flag(card);
    else if (strcmp(name, "XTENSION") == 0)
        u->is_picture = value_starts(card, "'IMAGE");
    else if (strcmp(name, "GROUPS") == 0)
        u->is_groups = read_flag(card);
    else if (strcmp(name, "PCOUNT") == 0)
        u->extra = read_whole(card);
    else if (strcmp(name, "GCOUNT") == 0)
        u->groups = read_whole(card);
    else if (strcmp(name, "BZERO") == 0)
        u->zero = read_real(card);
    else if (strcmp(name, "BSCALE") == 0)
        u->scale = read_real(card);
    else if (strcmp(name, "SATURATE") == 0)
        u->saturate = read_real(card);
    else if (name[0] == 'Z')
        take_packed(u, name + 1, card);
    else if (!take_colours(u, name, card))
        take_array(&u->stored, name, card);
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
        if (memcmp(source->data + card, "END     ", 8) == 0) {
            *at = start + (card - start) / BLOCK * BLOCK + BLOCK;
            return JOB_GOOD;
        }
        take_card(u, source->data + card);
    }
    return decode_refuse(why, JOB_TRUNCATED, "FITS ends within its header");
}

static uint32_t check_array(const array *a, refusal *why)
{
    long i;

    if (a->axes < 0 || a->axes > 999)
        return decode_refuse(why, JOB_CORRUPT,
                             "FITS header without a valid NAXIS");
    if (a->axes > AXES_MAX)
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "FITS with %ld axes is not supported", a->axes);
    if (a->bits != 8 && a->bits != 16 && a->bits != 32 && a->bits != 64 &&
        a->bits != -32 && a->bits != -64)
        return decode_refuse(why, JOB_CORRUPT,
                             "FITS header without a valid BITPIX");
    for (i = 0; i < a->axes; i++)
        if (a->sides[i] < 0)
            return decode_refuse(why, JOB_CORRUPT,
                                 "FITS header with a negative axis");
    return JOB_GOOD;
}

static bool are_tiles_possible(const unit *u)
{
    long i;

    for (i = 0; i < AXES_MAX; i++)
        if (u->tile[i] < 0 ||
            (i < u->unpacked.axes && u->tile[i] > u->unpacked.sides[i]))
            return false;
    return true;
}

static uint32_t check_unit(const unit *u, refusal *why)
{
    uint32_t verdict = check_array(&u->stored, why);

    if (verdict == JOB_GOOD && u->is_compressed)
        verdict = check_array(&u->unpacked, why);
    if (verdict != JOB_GOOD)
        return verdict;
    if (u->extra < 0 || u->groups < 0 || !isfinite(u->zero) ||
        !isfinite(u->scale) || u->scale == 0 ||
        (u->is_compressed && !are_tiles_possible(u)))
        return decode_refuse(why, JOB_CORRUPT,
                             "FITS header with impossible values");
    return JOB_GOOD;
}

/* Bytes of the unit's data without padding; false if they overflow. */
static bool data_size(const unit *u, uint64_t *size)
{
    uint64_t count = u->stored.axes > 0 ? 1 : 0;
    long i;

    for (i = 0; i < u->stored.axes; i++)
        if (__builtin_mul_overflow(count, (uint64_t)u->stored.sides[i], &count))
            return false;
    return !__builtin_add_overflow(count, (uint64_t)u->extra, &count) &&
           !__builtin_mul_overflow(count, (uint64_t)u->groups, &count) &&
           !__builtin_mul_overflow(count, (uint64_t)labs(u->stored.bits) / 8,
                                   size);
}

static const array *picture_of(const unit *u)
{
    return u->is_compressed ? &u->unpacked : &u->stored;
}

/* Of all axes but the first two. */
static uint32_t count_planes(const array *a)
{
    uint64_t planes = 1;

    for (long i = 2; i < a->axes; i++)
        if (__builtin_mul_overflow(planes, (uint64_t)a->sides[i], &planes) ||
            planes > UINT32_MAX)
            return UINT32_MAX;
    return (uint32_t)planes;
}

/* A third axis without a meaning, or that of colour. What has another meaning,
 * of time, say, or of wavelength, is no picture of three colours. */
static bool has_colours(const unit *u, const array *a)
{
    return a->axes >= 3 && a->sides[2] == 3 && count_planes(a) == 3 &&
           (u->third[0] == '\0' || strstr(u->third, "RGB") != NULL ||
            strstr(u->third, "COLO") != NULL);
}

static uint32_t accept_image(const decode_source *source, const unit *u,
                             fits_image *out, refusal *why)
{
    const array *a = picture_of(u);
    uint32_t verdict = decode_check_size(source, (uint64_t)a->sides[0],
                                         (uint64_t)a->sides[1], why);

    if (verdict != JOB_GOOD)
        return verdict;
    out->bits = (int)a->bits;
    out->width = (uint32_t)a->sides[0];
    out->height = (uint32_t)a->sides[1];
    out->planes = count_planes(a);
    out->is_colour = has_colours(u, a);
    out->mosaic = mosaic_of(u->pattern, u->offset_x, u->offset_y);
    out->zero = u->zero;
    out->scale = u->scale;
    out->saturate = isfinite(u->saturate) ? u->saturate : 0;
    return JOB_GOOD;
}

static bool holds_picture(const unit *u)
{
    const array *a = picture_of(u);

    return (u->is_picture || u->is_compressed) && !u->is_groups &&
           a->axes >= 2 && a->sides[0] > 0 && a->sides[1] > 0 &&
           count_planes(a) > 0;
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
