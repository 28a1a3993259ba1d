/* compare_inputs.h: from what was typed to pictures with URLs. */
#ifndef TOOL_CMD_COMPARE_INPUTS_H
#define TOOL_CMD_COMPARE_INPUTS_H

#include "cmd/compare_course.h"
#include "cmd/picture_server.h"
#include "run/run.h"
#include "cmd/skies.h"

typedef struct compare_inputs {
    run *run;
    course *course;
    int local, urls; /* how many */
    char why[192];   /* a list makes no sense */
    served_picture *served;
    sl_shm *files;         /* what is served of local pictures */
    sky skies[DEMO_ITEMS]; /* where nothing was named */
    picture_server server;
    bool serving;
} compare_inputs;

/* Find the pictures, or draw the demo's where none is named; unless they have
 * URLs of their own, begin to serve them. Returns 0, or an error of which
 * run_fail() has told. Blocks. */
SL_WAITS int compare_inputs_open(compare_inputs *inputs, run *run,
                                 course *course);
void compare_inputs_close(compare_inputs *inputs);

#endif
