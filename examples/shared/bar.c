/* The progress bar. One write a line, so that nothing can get between. */
#include "bar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

enum { CELLS = 16 };

bar bar_begin(const char *label, int total, const char *unit)
{
    return (bar){ label, unit, total, sl_now() };
}

static void draw(const bar *bar, int done, const char *before,
                 const char *after)
{
    double elapsed = seconds_since(bar->begin);
    double rate = elapsed > 0 ? done / elapsed : 0;
    int left = rate > 0 ? (int)((bar->total - done) / rate) : 0;
    int filled = bar->total > 0 ? CELLS * done / bar->total : CELLS;
    char cells[CELLS * 3 + 1] = "", line[256];

    for (int i = 0; i < CELLS; i++)
        strcat(cells, i < filled ? "█" : " ");
    snprintf(line, sizeof line,
             "%s%s: %3d%%|%s| %d/%d [%02d:%02d<%02d:%02d, %4.1f%s/s]%s", before,
             bar->label, bar->total > 0 ? 100 * done / bar->total : 100, cells,
             done, bar->total, (int)elapsed / 60, (int)elapsed % 60, left / 60,
             left % 60, rate, bar->unit, after);
    fputs(line, stderr);
}

void bar_show(const bar *bar, int done)
{
    if (isatty(STDERR_FILENO))
        draw(bar, done, "\r", "");
}

void bar_end(const bar *bar, int done)
{
    draw(bar, done, isatty(STDERR_FILENO) ? "\r" : "", "\n");
}
