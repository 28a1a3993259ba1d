/* The comparison as a table for the terminal. */
#include "compare/show.h"

#include <string.h>

enum { LINE_SIZE = 200 };

typedef struct writer {
    void (*line)(void *context, const char *text);
    void *context;
} writer;

static void write_head(const contest *contest, const writer *to)
{
    char text[LINE_SIZE], latency[80] = "from the servers named";

    if (contest->latency >= 0)
        snprintf(latency, sizeof latency,
                 "each answered by this machine after %.0f ms",
                 (double)contest->latency / 1e6);
    snprintf(text, sizeof text, "🏁 %s: %d picture%s, %.1f MB, %s", contest->op,
             contest->pictures, contest->pictures == 1 ? "" : "s",
             (double)contest->bytes / 1e6, latency);
    to->line(to->context, text);
    snprintf(text, sizeof text, "   %s; the median of %d round%s",
             contest->machine, contest->round_count,
             contest->round_count == 1 ? "" : "s");
    to->line(to->context, text);
    if (contest->others >= CONTEST_OTHERS_MATTER) {
        snprintf(text, sizeof text,
                 "   other programs took %.0f %% of the CPU meanwhile: measure "
                 "again in a quiet moment",
                 100 * contest->others);
        to->line(to->context, text);
    }
    to->line(to->context, "");
    to->line(to->context,
             "mode                    time     least     most  speed-up   CPU s"
             "  CPU busy    memory");
}

static void write_row(const contest *contest, const contestant *c,
                      const writer *to)
{
    char text[LINE_SIZE], name[40], memory[24] = "         -";

    contest_name(contest, c, name, sizeof name);
    if (c->memory > 0)
        snprintf(memory, sizeof memory, "%6.0f MiB",
                 (double)c->memory / (1 << 20));
    snprintf(text, sizeof text,
             "%-21s %6.2f s  %6.2f s %6.2f s  %7.2fx %7.2f    %4.0f %% %s",
             name, c->median_s, c->least_s, c->most_s, c->speedup, c->cpu_s,
             100 * c->busy, memory);
    to->line(to->context, text);
}

void show_table(const contest *contest,
                void (*line)(void *context, const char *text), void *context)
{
    writer to = { line, context };
    char why[CONTEST_WHY_MAX];

    write_head(contest, &to);
    for (int i = 0; i < contest->count; i++)
        write_row(contest, &contest->list[i], &to);
    line(context, "");
    contest_why(contest, why);
    line(context, why);
}
