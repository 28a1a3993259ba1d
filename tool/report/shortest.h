/* shortest.h: numbers of a middling size as the fewest digits that read back
 * as the same number. Private to the report. */
#ifndef TOOL_REPORT_SHORTEST_H
#define TOOL_REPORT_SHORTEST_H

#include <stdbool.h>

enum { SHORTEST_ROOM = 32 };

/* Write what printf("%.*g") does with the fewest digits, at least 9 for a
 * double and 6 for a float, that strtod() or strtof() reads as `value`. False,
 * and nothing written, for numbers whose size is not from 0.0001 to a million:
 * zero, too, and what is no number. */
bool shortest_double(double value, char text[SHORTEST_ROOM]);
bool shortest_float(float value, char text[SHORTEST_ROOM]);

#endif
