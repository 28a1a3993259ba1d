/* commands.h: one function a command. Each runs on the main task and returns
 * the exit status. */
#ifndef TOOL_CMD_COMMANDS_H
#define TOOL_CMD_COMMANDS_H

#include "run/run.h"

int command_demo(run *run);
int command_apod(run *run);
int command_inputs(run *run); /* stars, thumbs, edges, run */
int command_report(run *run);
int command_status(run *run);
int command_retry(run *run);
int command_compare(run *run);
int command_doctor(run *run);
int command_serve(run *run);

/* Shared by apod and demo: ask the service at `base_url` and put its days into
 * the books. A range is asked for in pieces; a piece that the service cannot
 * answer is halved until the day is found that is to blame. */
typedef struct apod_question {
    const char *base_url, *api_key;
    const char *date, *start_date, *end_date; /* of a range both */
    bool is_today, until_today;               /* whichever day that is */
    int count;
    bool video_thumbs;
} apod_question;
SL_WAITS int apod_fill(run *run, const apod_question *question);

#endif
