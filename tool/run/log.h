/* log.h: --log FILE: what happens, an event a line, each a JSON object.
 *
 *     {"time":"2026-01-02T03:04:05.678Z","event":"stage","item":"cat",
 *      "stage":"fetch","seconds":0.123}
 *     {"time":...,"event":"item","item":"cat","url":...,"outcome":"done", ...}
 *     {"time":...,"event":"run","outcome":"ended","status":0}
 *
 * Lines are written at once, so that a kill loses none; a run that goes on adds
 * to the file. All of this belongs to the loop's thread. Without a file, all
 * but log_open() do nothing.
 */
#ifndef TOOL_RUN_LOG_H
#define TOOL_RUN_LOG_H

#include <stdio.h>

#include <starling/clock.h>

/* Begin or go on with the log in `path`. 0 or -errno. */
int log_open(FILE **log, const char *path);

/* Returns 0, or -errno if not all of it is there. */
int log_close(FILE **log);

typedef struct log_item {
    const char *item, *url;
    /* "done", "failed", "later" in this session, "left" for the next one */
    const char *outcome;
    const char *class_name, *reason; /* of a failure; or NULL */
    int attempts;
    sl_time took;
} log_item;

void log_stage(FILE *log, const char *item, const char *stage, sl_time took);
void log_outcome(FILE *log, const log_item *item);

/* "begun" with the command line, "ended" with the exit status. */
void log_begin(FILE *log, const char *command_line, const char *out);
void log_end(FILE *log, int status);

#endif
