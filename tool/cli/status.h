/* status.h: what the program's exit status tells a script. */
#ifndef TOOL_CLI_STATUS_H
#define TOOL_CLI_STATUS_H

enum exit_status {
    STATUS_DONE = 0,        /* every item done, or skipped by rule */
    STATUS_SOME_FAILED = 1, /* finished; each failed item was named */
    STATUS_USAGE = 2,       /* what was asked for cannot be meant so */
    STATUS_OUTPUT = 3,      /* folder or database cannot be written */
    STATUS_LOCKED = 4,      /* another run holds the folder */
    STATUS_INTERNAL = 5,    /* our fault: accounting, crash-loop brake */
    STATUS_LATER = 75,      /* disk full, no network, API over its rate */
    STATUS_INTERRUPTED = 130,
    STATUS_TERMINATED = 143,
};

/* The table for people: entries until one whose words are NULL. */
struct exit_status_words {
    int status;
    const char *words;
};

extern const struct exit_status_words exit_status_words[];

#endif
