/* A log is read by programs while it is written. A line is one write of less
 * than a page, or nearly always so; nobody sees half of it. */
#include "run/log.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

int log_open(FILE **log, const char *path)
{
    *log = fopen(path, "ae");
    if (*log == NULL)
        return -errno;
    setvbuf(*log, NULL, _IOLBF, 8192);
    return 0;
}

int log_close(FILE **log)
{
    FILE *file = *log;
    int failed;

    if (file == NULL)
        return 0;
    *log = NULL;
    failed = ferror(file);
    return fclose(file) != 0 || failed ? (errno != 0 ? -errno : -EIO) : 0;
}

static void format_time(char out[64])
{
    struct timespec now;
    struct tm tm;
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    n = strftime(out, 64, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &tm));
    snprintf(out + n, 64 - n, ".%03ldZ", now.tv_nsec / 1000000);
}

/* Takes `rest`, the members behind the time; NULL without memory, or for a text
 * that is no UTF-8, which nothing of ours is: such a line is left out. */
static void write_event(FILE *log, json_t *rest)
{
    char time[64];
    char *text;

    format_time(time);
    json_t *event = rest != NULL ? json_pack("{s:s}", "time", time) : NULL;

    if (event != NULL && json_object_update(event, rest) == 0) {
        text = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(6));
        if (text != NULL)
            fprintf(log, "%s\n", text);
        free(text);
    }
    json_decref(event);
    json_decref(rest);
}

void log_stage(FILE *log, const char *item, const char *stage, sl_time took)
{
    if (log != NULL)
        write_event(log, json_pack("{s:s,s:s,s:s,s:f}", "event", "stage",
                                   "item", item, "stage", stage, "seconds",
                                   (double)took / 1e9));
}

void log_outcome(FILE *log, const log_item *item)
{
    if (log != NULL)
        write_event(log, json_pack("{s:s,s:s,s:s,s:s,s:s?,s:s?,s:i,s:f}",
                                   "event", "item", "item", item->item, "url",
                                   item->url, "outcome", item->outcome, "class",
                                   item->class_name, "reason", item->reason,
                                   "attempts", item->attempts, "seconds",
                                   (double)item->took / 1e9));
}

void log_begin(FILE *log, const char *command_line, const char *out)
{
    if (log != NULL)
        write_event(log,
                    json_pack("{s:s,s:s,s:s,s:s}", "event", "run", "outcome",
                              "begun", "command", command_line, "out", out));
}

void log_end(FILE *log, int status)
{
    if (log != NULL)
        write_event(log, json_pack("{s:s,s:s,s:i}", "event", "run", "outcome",
                                   "ended", "status", status));
}
