/* Numbers mean what a person would expect, or nothing. */
#include "cli/quantity.h"

#include <errno.h>

#include "support/test.h"

static int64_t value_of(int (*parse)(const char *, int64_t *), const char *text)
{
    int64_t value = -1;
    int rc = parse(text, &value);

    return rc < 0 ? rc : value;
}

TEST(quantity_reads_counts_in_thousands)
{
    CHECK_EQ(value_of(quantity_count, "0"), 0);
    CHECK_EQ(value_of(quantity_count, "10"), 10);
    CHECK_EQ(value_of(quantity_count, "100M"), 100000000);
    CHECK_EQ(value_of(quantity_count, "1.5k"), 1500);
    CHECK_EQ(value_of(quantity_count, "9223372036854775807"), INT64_MAX);
}

TEST(quantity_reads_sizes_in_powers_of_two)
{
    CHECK_EQ(value_of(quantity_size, "256M"), 256 << 20);
    CHECK_EQ(value_of(quantity_size, "256MiB"), 256 << 20);
    CHECK_EQ(value_of(quantity_size, "64k"), 65536);
    CHECK_EQ(value_of(quantity_size, "1.5G"), 1610612736);
    CHECK_EQ(value_of(quantity_size, "0.1K"), 102);
    CHECK_EQ(value_of(quantity_size, "10MB"), 10000000);
    CHECK_EQ(value_of(quantity_size, "0.999999999T"), 1099511626676);
}

TEST(quantity_reads_durations_exactly)
{
    CHECK_EQ(value_of(quantity_duration, "120"), SL_S(120));
    CHECK_EQ(value_of(quantity_duration, "90s"), SL_S(90));
    CHECK_EQ(value_of(quantity_duration, "1.1s"), SL_MS(1100));
    CHECK_EQ(value_of(quantity_duration, "500ms"), SL_MS(500));
    CHECK_EQ(value_of(quantity_duration, "2m"), SL_S(120));
    CHECK_EQ(value_of(quantity_duration, "1.5h"), SL_S(5400));
}

TEST(quantity_refuses_what_is_not_quite_a_number)
{
    static const char *const wrong[] = {
        "",     " ",   "x",    "-1",     "+1",           " 1",
        "1 ",   "1,5", "M",    ".5",     "1.",           "1.M",
        "5x",   "1MM", "0x10", "1e3",    "1.0000000001", "1.5",
        "1.5B", "nan", "5s",   "12.3.4",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_EQ(value_of(quantity_count, wrong[i]), -EINVAL);
    CHECK_EQ(value_of(quantity_size, "1.5"), -EINVAL); /* half a byte */
    CHECK_EQ(value_of(quantity_duration, "5d"), -EINVAL);
}

TEST(quantity_refuses_what_64_bits_do_not_hold)
{
    CHECK_EQ(value_of(quantity_count, "9223372036854775808"), -ERANGE);
    CHECK_EQ(value_of(quantity_size, "8388608T"), -ERANGE);
    CHECK_EQ(value_of(quantity_duration, "9999999999"), -ERANGE);
}

TEST(quantity_knows_the_calendar)
{
    CHECK(quantity_is_date("2024-02-29"));
    CHECK(quantity_is_date("2000-02-29"));
    CHECK(quantity_is_date("1995-06-16"));
    CHECK(!quantity_is_date("2023-02-29"));
    CHECK(!quantity_is_date("1900-02-29"));
    CHECK(!quantity_is_date("2024-13-01"));
    CHECK(!quantity_is_date("2024-00-10"));
    CHECK(!quantity_is_date("2024-04-31"));
    CHECK(!quantity_is_date("2024-4-1"));
    CHECK(!quantity_is_date("2024/04/01"));
    CHECK(!quantity_is_date("2024-04-01T"));
    CHECK(!quantity_is_date(""));
}
