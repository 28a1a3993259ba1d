/* commands.h: one function a command. Each runs on the main task and returns
 * the exit status. */
#ifndef TOOL_CMD_COMMANDS_H
#define TOOL_CMD_COMMANDS_H

#include "cmd/run.h"

int command_demo(run *run);
int command_apod(run *run);
int command_inputs(run *run); /* stars, thumbs, edges, run */
int command_report(run *run);
int command_status(run *run);
int command_retry(run *run);
int command_compare(run *run);
int command_doctor(run *run);

/* Shared by apod and demo: ask the service at `base_url` and put its days into
 * the books. */
typedef struct apod_question {
    const char *base_url, *api_key;
    const char *date, *start_date, *end_date;
    int count;
} apod_question;
SL_WAITS int apod_fill(run *run, const apod_question *question);

#endif
