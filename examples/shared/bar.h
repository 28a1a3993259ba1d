/* bar.h: a progress bar on stderr:
 *
 *     Downloading: 100%|████████████████| 10/10 [00:02<00:00,  4.2img/s]
 *
 * On a terminal it is drawn over and over in one line; elsewhere only the end
 * is written. */
#ifndef BAR_H
#define BAR_H

#include <starling/clock.h>

typedef struct bar {
    const char *label, *unit;
    int total;
    sl_time begin;
} bar;

bar bar_begin(const char *label, int total, const char *unit);
void bar_show(const bar *bar, int done);
void bar_end(const bar *bar, int done);

#endif
