/* The rule for summer time in the United States is written out: a small machine
 * has no table of the world's time zones, and the pictures' day must not depend
 * on whether it has. The rule is that of 2007 and later, which is when "now"
 * can be.
 */
#include "source/days.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 86400, HOUR_S = 3600, EASTERN_H = 5 /* behind UTC in winter */ };

/* Howard Hinnant's way of counting days: years begin in March, so that the day
 * which not all years have comes last. */
static int32_t count_days(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int month_from_march = month > 2 ? month - 3 : month + 9;
    int day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

int32_t days_of(const char *text)
{
    return count_days(atoi(text), atoi(text + 5), atoi(text + 8));
}

void days_text(int32_t day, char out[DAYS_TEXT_SIZE])
{
    time_t when = (time_t)day * DAY_S;
    struct tm tm;

    gmtime_r(&when, &tm);
    strftime(out, DAYS_TEXT_SIZE, "%Y-%m-%d", &tm);
}

/* The day of the month's nth Sunday. Day 3 was a Sunday. */
static int32_t sunday(int year, int month, int n)
{
    int32_t first = count_days(year, month, 1);
    int32_t past = (first - 3) % 7;

    return first + (7 - past) % 7 + 7 * (n - 1);
}

int32_t days_eastern(time_t now)
{
    time_t winter = now - EASTERN_H * HOUR_S, summer = winter + HOUR_S;
    struct tm tm;
    time_t begin, end;

    gmtime_r(&winter, &tm);
    /* It begins at two in winter time, and ends at two in summer time. */
    begin = (time_t)sunday(tm.tm_year + 1900, 3, 2) * DAY_S + 2 * HOUR_S;
    end = (time_t)sunday(tm.tm_year + 1900, 11, 1) * DAY_S + 1 * HOUR_S;
    return (int32_t)((winter >= begin && winter < end ? summer : winter) /
                     DAY_S);
}
