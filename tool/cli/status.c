/* The exit statuses in words. Help and man page print this very table. */
#include "cli/status.h"

#include <stddef.h>

const struct exit_status_words exit_status_words[] = {
    { STATUS_DONE, "every item is done, or was skipped by rule" },
    { STATUS_SOME_FAILED, "finished, but some items failed; each was named" },
    { STATUS_USAGE, "wrong option, list or configuration; rejected API key" },
    { STATUS_OUTPUT, "the output folder or its database cannot be written" },
    { STATUS_LOCKED, "another run holds the folder" },
    { STATUS_INTERNAL, "internal error" },
    { STATUS_LATER, "try again later: disk full, no network, API over its "
                    "rate" },
    { STATUS_INTERRUPTED, "interrupted; what was done is saved" },
    { STATUS_TERMINATED, "terminated; what was done is saved" },
    { 0, NULL },
};
