/* Numbers as people write them.
 *
 * One parser for all: digits, maybe a fraction, maybe a unit. It computes in
 * whole numbers, because 0.1 has no exact double and "1.1s" should be exactly
 * 1 100 000 000 ns.
 */
#include "cli/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { FRACTION_DIGITS_MAX = 9 };

typedef struct {
    const char *name;
    int64_t worth;
} unit;

static const unit counts[] = {
    { "", 1 },        { "k", 1000 },       { "K", 1000 },
    { "M", 1000000 }, { "G", 1000000000 }, { NULL, 0 },
};

static const unit sizes[] = {
    { "", 1 },
    { "B", 1 },
    { "K", INT64_C(1) << 10 },
    { "k", INT64_C(1) << 10 },
    { "KiB", INT64_C(1) << 10 },
    { "M", INT64_C(1) << 20 },
    { "MiB", INT64_C(1) << 20 },
    { "G", INT64_C(1) << 30 },
    { "GiB", INT64_C(1) << 30 },
    { "T", INT64_C(1) << 40 },
    { "TiB", INT64_C(1) << 40 },
    { "kB", 1000 },
    { "MB", 1000000 },
    { "GB", 1000000000 },
    { NULL, 0 },
};

static const unit durations[] = {
    { "", SL_S(1) },   { "s", SL_S(1) },    { "ms", SL_MS(1) },
    { "m", SL_S(60) }, { "min", SL_S(60) }, { "h", SL_S(3600) },
    { NULL, 0 },
};

static const unit *find_unit(const unit *units, const char *name)
{
    for (; units->name != NULL; units++)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

/* The part of `worth` that the digits after the point stand for, rounded down:
 * 0.1K is 102 bytes. There is no half of a single thing. */
static int parse_fraction(const char *digits, size_t count, int64_t worth,
                          int64_t *out)
{
    int64_t numerator = 0, denominator = 1;

    if (count > FRACTION_DIGITS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        numerator = numerator * 10 + (digits[i] - '0');
        denominator *= 10;
    }
    if (worth == 1 && numerator > 0)
        return -EINVAL;
    /* Split, as worth * numerator need not fit 64 bits. */
    *out = worth / denominator * numerator +
           worth % denominator * numerator / denominator;
    return 0;
}

static int parse(const char *text, const unit *units, int64_t *out)
{
    size_t whole = strspn(text, "0123456789"), fraction = 0;
    const char *digits = text + whole;
    const unit *unit;
    int64_t value = 0, rest;
    int rc;

    if (*digits == '.') {
        digits++;
        fraction = strspn(digits, "0123456789");
        if (fraction == 0)
            return -EINVAL;
    }
    unit = find_unit(units, digits + fraction);
    if (whole == 0 || unit == NULL)
        return -EINVAL;
    for (size_t i = 0; i < whole; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text[i] - '0', &value))
            return -ERANGE;
    rc = parse_fraction(digits, fraction, unit->worth, &rest);
    if (rc < 0)
        return rc;
    if (__builtin_mul_overflow(value, unit->worth, &value) ||
        __builtin_add_overflow(value, rest, &value))
        return -ERANGE;
    *out = value;
    return 0;
}

int quantity_count(const char *text, int64_t *out)
{
    return parse(text, counts, out);
}

int quantity_size(const char *text, int64_t *out)
{
    return parse(text, sizes, out);
}

int quantity_duration(const char *text, sl_time *out)
{
    return parse(text, durations, out);
}

static int number(const char *text, int digits)
{
    int value = 0;

    for (int i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

bool quantity_is_date(const char *text)
{
    static const char days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    int year, month, day;
    bool is_leap;

    if (strlen(text) != 10)
        return false;
    for (int i = 0; i < 10; i++)
        if (i == 4 || i == 7 ? text[i] != '-'
                             : !isdigit((unsigned char)text[i]))
            return false;
    year = number(text, 4);
    month = number(text + 5, 2);
    day = number(text + 8, 2);
    if (month < 1 || month > 12 || day < 1)
        return false;
    is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && is_leap);
}
