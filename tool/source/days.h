/* days.h: days of the calendar, as the APOD service counts them. */
#ifndef TOOL_SOURCE_DAYS_H
#define TOOL_SOURCE_DAYS_H

#include <stdint.h>
#include <time.h>

enum { DAYS_TEXT_SIZE = 11 }; /* "2024-05-31" and its NUL */

/* Days since 1970-01-01 of a date that exists, and back. The year has four
 * digits. */
int32_t days_of(const char *text);
void days_text(int32_t day, char out[DAYS_TEXT_SIZE]);

/* What day it is on the east coast of the United States, where the service's
 * day begins and ends. */
int32_t days_eastern(time_t now);

#endif
