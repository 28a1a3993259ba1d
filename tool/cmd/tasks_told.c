/* For a run that seems to stand still: ask it, without stopping it. */
#include "cmd/tasks_told.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/loop.h>
#include <starling/signal.h>

#include "run/run.h"

static void print_lines(console *console, char *text)
{
    char *rest = text, *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        if (line[0] != '\0')
            console_message(console, "%s", line);
}

/* Of a command that has items. */
static void print_course(FILE *file, const run *run)
{
    fprintf(file,
            "%lld of %lld fetched, %lld of %lld worked on; %llu of %llu bytes "
            "of the memory in use%s%s\n",
            (long long)run->fetched, (long long)run->to_fetch,
            (long long)run->analyzed, (long long)run->to_analyze,
            (unsigned long long)run->budget.used,
            (unsigned long long)run->budget.limit,
            run->filling ? "; more inputs are being read" : "",
            run->draining ? "; no new items are begun" : "");
}

static int print_tasks(run *run)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (file == NULL)
        return -ENOMEM;
    if (run->plan != NULL)
        print_course(file, run);
    sl_dump_tasks(file);
    if (fclose(file) == 0)
        print_lines(run->console, text);
    free(text);
    return 0;
}

int tasks_told_on_signal(void *arg)
{
    static const int signals[] = { SIGUSR1 };
    sl_signal *asked;
    int rc = sl_signal_open(signals, 1, &asked);

    if (rc < 0)
        return rc;
    while ((rc = sl_signal_next(asked)) > 0)
        if (print_tasks(arg) < 0)
            continue; /* no memory now; perhaps for the next one */
    sl_signal_close(asked);
    return rc;
}
