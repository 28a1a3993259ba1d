/* chart.h: the drawings of a comparison's page, as SVG without words. */
#ifndef TOOL_COMPARE_CHART_H
#define TOOL_COMPARE_CHART_H

#include <stdio.h>

#include "compare/contest.h"

enum { CHART_TICKS = 4 };

/* A bar that is as long as the time took, `most` being the whole width. */
void chart_bar(const contestant *c, double most, FILE *page);

/* Every picture's way through the typical round, `whole` seconds wide. */
void chart_strip(const contest *contest, const contestant *c, double whole,
                 FILE *page);

#endif
