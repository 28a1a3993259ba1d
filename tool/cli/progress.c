/* Progress bars, or lines where there is no terminal.
 *
 * The numbers are the caller's and so is the time; nothing here counts or
 * sleeps. Drawing is limited to ten pictures a second: a person sees no more,
 * and a run of thousands of small items would otherwise spend its time on the
 * terminal.
 */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 16, CELLS_MIN = 4, EIGHTHS = 8 };

#define REDRAW_AFTER SL_MS(100)
#define LINE_AFTER SL_S(10)
#define STOPPED_AFTER SL_S(1)

void progress_init(progress *progress, console *console,
                   enum progress_mode mode)
{
    const char *term = getenv("TERM");
    bool can_redraw =
        console->err_is_terminal && term != NULL && strcmp(term, "dumb") != 0;

    if (mode == PROGRESS_AUTO)
        mode = console->quiet ? PROGRESS_OFF
               : can_redraw   ? PROGRESS_BAR
                              : PROGRESS_PLAIN;
    *progress = (struct progress){ .console = console, .mode = mode };
}

int progress_add(progress *progress, const char *label, const char *unit)
{
    progress->bars[progress->count] =
        (progress_bar){ .label = label, .unit = unit };
    return progress->count++;
}

void progress_rename(progress *progress, int bar, const char *label)
{
    progress->bars[bar].label = label;
}

/* "02:07", "1:02:07" from an hour on, "?" for what cannot be known yet. */
static void format_time(sl_time time, char *out, size_t size)
{
    int64_t s = time / SL_S(1);

    if (time < 0)
        snprintf(out, size, "?");
    else if (s < 3600)
        snprintf(out, size, "%02d:%02d", (int)(s / 60), (int)(s % 60));
    else
        snprintf(out, size, "%lld:%02d:%02d", (long long)(s / 3600),
                 (int)(s / 60 % 60), (int)(s % 60));
}

/* So many cells of a bar; `out` holds 3 bytes for each. */
static void format_cells(const progress_bar *bar, bool utf8, int cells,
                         char *out)
{
    int64_t total = bar->total > 0 ? bar->total : 1;
    int steps = utf8 ? EIGHTHS : 1;
    int filled = (int)(bar->done * cells * steps / total);

    for (int cell = 0; cell < cells; cell++) {
        int part = filled - cell * steps;

        if (part <= 0)
            *out++ = ' ';
        else if (!utf8)
            *out++ = '#';
        else /* U+2588 is a full cell, U+2589 seven eighths, and so on */
            out += sprintf(out, "\xe2\x96%c",
                           0x88 + EIGHTHS - (part < EIGHTHS ? part : EIGHTHS));
    }
    *out = '\0';
}

static int percent(const progress_bar *bar)
{
    if (bar->total <= 0)
        return bar->end != 0 ? 100 : 0;
    return (int)(bar->done * 100 / bar->total);
}

/* What a bar says, each in characters of one column. `slack`: as many columns
 * more it may need before long; it is not to lose a part then. */
typedef struct figures {
    char head[64], count[48], spent[24], left[24], rate[48];
    int slack;
} figures;

static void read_figures(const progress_bar *bar, sl_time now, figures *f)
{
    sl_time elapsed = (bar->end != 0 ? bar->end : now) - bar->start;
    sl_time wait = -1;
    int short_by, rate = 0;

    if (bar->done > 0)
        wait = (sl_time)((double)elapsed / (double)bar->done *
                         (double)(bar->total - bar->done));
    snprintf(f->head, sizeof f->head, "%s: %3d%%", bar->label, percent(bar));
    short_by = snprintf(f->count, sizeof f->count, " %lld/%lld",
                        (long long)bar->total, (long long)bar->total);
    short_by -= snprintf(f->count, sizeof f->count, " %lld/%lld",
                         (long long)bar->done, (long long)bar->total);
    format_time(elapsed, f->spent, sizeof f->spent);
    format_time(bar->done >= bar->total ? 0 : wait, f->left, sizeof f->left);
    if (bar->done > 0 && elapsed > 0)
        rate = snprintf(f->rate, sizeof f->rate, "%4.1f",
                        (double)bar->done * 1e9 / (double)elapsed);
    else
        rate = snprintf(f->rate, sizeof f->rate, "   ?");
    snprintf(f->rate + rate, sizeof f->rate - (size_t)rate, "%s/s", bar->unit);
    f->slack = short_by + (wait < 0 ? 4 : 0) + (rate < 5 ? 5 - rate : 0);
}

/* From the most that is said to the least. Where there is little room, how far
 * it is counts more than how fast, and figures more than their picture. */
enum form {
    WITH_RATE,
    WITH_CELLS,
    WITH_TIMES,
    WITH_LEFT,
    WITH_COUNT,
    WITH_PERCENT,
};

/* How many cells fit; below 0: the rest does not. */
static int cells_within(int columns, enum form form, const figures *f)
{
    size_t used = strlen(f->head);
    int left;

    if (form <= WITH_COUNT)
        used += strlen(f->count);
    if (form <= WITH_TIMES)
        used += strlen(" [<]") + strlen(f->spent) + strlen(f->left);
    if (form == WITH_LEFT)
        used += strlen("  left") + strlen(f->left);
    if (form == WITH_RATE)
        used += strlen(", ") + strlen(f->rate);
    left = columns - (int)used - f->slack;
    if (form > WITH_CELLS)
        return left < 0 ? -1 : 0;
    left -= (int)strlen("||");
    return left < CELLS_MIN ? -1 : left < CELLS ? left : CELLS;
}

int progress_format(const progress_bar *bar, sl_time now, bool utf8,
                    int columns, char *out, size_t size)
{
    char cells[3 * CELLS + 1];
    enum form form = WITH_RATE;
    int n = CELLS;
    figures f;

    read_figures(bar, now, &f);
    if (columns > 0)
        while ((n = cells_within(columns, form, &f)) < 0 && form < WITH_PERCENT)
            form++;
    format_cells(bar, utf8, n > 0 ? n : 0, cells);
    n = snprintf(out, size, "%s", f.head);
    if (form <= WITH_CELLS)
        n += snprintf(out + n, size - (size_t)n, "|%s|", cells);
    if (form <= WITH_COUNT)
        n += snprintf(out + n, size - (size_t)n, "%s", f.count);
    if (form <= WITH_TIMES)
        n += snprintf(out + n, size - (size_t)n, " [%s<%s%s%s]", f.spent,
                      f.left, form == WITH_RATE ? ", " : "",
                      form == WITH_RATE ? f.rate : "");
    if (form == WITH_LEFT)
        n += snprintf(out + n, size - (size_t)n, " %s left", f.left);
    return n;
}

/* Cut at `columns` characters, so that no line wraps: a line that did would
 * leave its first half behind when it is redrawn. */
static void cut_columns(char *text, int columns)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text & 0xc0) != 0x80 && columns-- == 0)
            break;
    *text = '\0';
}

static void draw_bars(const progress *progress, sl_time now)
{
    char picture[PROGRESS_BARS_MAX * PROGRESS_TEXT_MAX],
        line[PROGRESS_TEXT_MAX];
    int columns = console_width(progress->console) - 1;
    size_t length = 0;

    picture[0] = '\0';
    for (int i = 0; i < progress->count; i++) {
        const progress_bar *bar = &progress->bars[i];

        if (!bar->running)
            continue;
        progress_format(bar, now, progress->console->err_is_utf8, columns, line,
                        sizeof line);
        cut_columns(line, columns);
        length += (size_t)snprintf(picture + length, sizeof picture - length,
                                   "%s%s", length > 0 ? "\n" : "", line);
    }
    console_draw(progress->console, picture);
}

/* Each bar that is on its way, and once more when it has arrived. */
static void write_lines(progress *progress, sl_time now)
{
    char line[PROGRESS_TEXT_MAX];

    for (int i = 0; i < progress->count; i++) {
        progress_bar *bar = &progress->bars[i];

        if (!bar->running || bar->reported)
            continue;
        bar->reported = bar->end != 0;
        progress_format(bar, now, progress->console->err_is_utf8, 0, line,
                        sizeof line);
        console_note(progress->console, line);
    }
}

static void show(progress *progress, sl_time now)
{
    if (progress->mode == PROGRESS_BAR) {
        draw_bars(progress, now);
        progress->next = now + REDRAW_AFTER;
    } else if (progress->mode == PROGRESS_PLAIN) {
        write_lines(progress, now);
        progress->next = now + LINE_AFTER;
    }
}

static void show_if_due(progress *progress, sl_time now)
{
    if (now >= progress->next)
        show(progress, now);
}

/* Stopped with Ctrl-Z, say: that is no time of the work's, and a shell has
 * written below the bars meanwhile. */
static void leave_out(progress *progress, sl_time gap)
{
    for (int i = 0; i < progress->count; i++)
        if (progress->bars[i].running && progress->bars[i].end == 0)
            progress->bars[i].start += gap;
    console_forget_bars(progress->console);
}

/* Where nobody ticks, a long time between two calls says nothing. */
static void notice_stop(progress *progress, sl_time now)
{
    sl_time gap = now - progress->ticked;

    if (progress->ticked == 0)
        return;
    progress->ticked = now;
    if (gap > STOPPED_AFTER)
        leave_out(progress, gap);
}

void progress_set(progress *progress, int number, int64_t done, int64_t total,
                  sl_time now)
{
    progress_bar *bar = &progress->bars[number];

    if (total == 0)
        return; /* nothing to do is nothing to show */
    notice_stop(progress, now);
    if (!bar->running) {
        bar->start = now;
        bar->running = true;
        if (progress->next == 0 && progress->mode == PROGRESS_PLAIN)
            progress->next = now + LINE_AFTER;
    }
    bar->done = done < total ? done : total;
    bar->total = total;
    if (done < total) {
        bar->end = 0; /* also when more work turned up */
        bar->reported = false;
    } else if (bar->end == 0) {
        bar->end = now;
    }
    show_if_due(progress, now);
}

void progress_tick(progress *progress, sl_time now)
{
    notice_stop(progress, now);
    progress->ticked = now;
    show_if_due(progress, now);
}

void progress_end(progress *progress, sl_time now)
{
    for (int i = 0; i < progress->count; i++) {
        progress_bar *bar = &progress->bars[i];

        /* What ended early keeps the time that it took. */
        if (bar->running && bar->end == 0)
            bar->end = now;
    }
    show(progress, now);
    console_keep(progress->console);
    progress->mode = PROGRESS_OFF;
}
