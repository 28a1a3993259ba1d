/* progress.h: how far the work is, on stderr.
 *
 *     Downloading: 100%|████████████████| 10/10 [00:02<00:00,  4.2img/s]
 *
 * On a terminal the bars are redrawn in place, at most ten times a second;
 * elsewhere a line is written every ten seconds and at the end. The caller
 * tells the time, so that a test needs none.
 */
#ifndef TOOL_CLI_PROGRESS_H
#define TOOL_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/clock.h>

#include "cli/console.h"

enum { PROGRESS_BARS_MAX = 4 };

enum progress_mode {
    PROGRESS_AUTO, /* bars on a terminal that can, else plain */
    PROGRESS_BAR,
    PROGRESS_PLAIN,
    PROGRESS_OFF,
};

typedef struct progress_bar {
    const char *label, *unit; /* lent */
    int64_t done, total;
    sl_time start, end; /* of its work; end is 0 until all is done */
    bool running;
    bool reported; /* plain: its last line has been written */
} progress_bar;

typedef struct progress {
    console *console;
    enum progress_mode mode;
    int count;
    sl_time next; /* earliest time to write again */
    sl_time ticked;
    progress_bar bars[PROGRESS_BARS_MAX];
} progress;

void progress_init(progress *progress, console *console,
                   enum progress_mode mode);

/* Add a bar below the others; nothing is shown before its work begins.
 * Returns its number. `label` and `unit` are lent. */
int progress_add(progress *progress, const char *label, const char *unit);

/* It turned out to be something else that is going on. `label` is lent. */
void progress_rename(progress *progress, int bar, const char *label);

/* `done` of `total` at `now`. The first call starts the bar's clock. Draws if
 * it is time to. */
void progress_set(progress *progress, int bar, int64_t done, int64_t total,
                  sl_time now);

/* Time passes although nothing happened: call it several times a second. More
 * than a second between two calls is one in which the program was stopped: it
 * does not count. */
void progress_tick(progress *progress, sl_time now);

/* Show the last state and leave it on the screen. */
void progress_end(progress *progress, sl_time now);

enum { PROGRESS_TEXT_MAX = 320 };

/* One bar as text without a newline, at least PROGRESS_TEXT_MAX bytes; for
 * `utf8` false in ASCII. It says less where it has to fit into `columns` (0:
 * all of it). Returns its length in bytes. */
int progress_format(const progress_bar *bar, sl_time now, bool utf8,
                    int columns, char *out, size_t size);

#endif
