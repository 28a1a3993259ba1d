/* option_table.h: the one description of all options and commands. */
#ifndef TOOL_CLI_OPTION_TABLE_H
#define TOOL_CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"

/* How a value is written, and what type its field in struct options has. */
enum option_kind {
    OPTION_SWITCH,   /* bool; takes no value on the command line */
    OPTION_NUMBER,   /* int64_t, thousands as k, M, G */
    OPTION_RANGE,    /* two int64_t, to and from; "4" is from 4 to 4 */
    OPTION_SIZE,     /* int64_t, bytes */
    OPTION_DURATION, /* sl_time */
    OPTION_CHOICE,   /* int, the place in `choices` */
    OPTION_SET,      /* int, a bit a place; given again, it adds */
    OPTION_WIDTHS,   /* struct box_list, of widths */
    OPTION_BOXES,    /* struct box_list, WxH each */
    OPTION_REAL,     /* double, with a point */
    OPTION_AREAS,    /* struct area_list, WxH+X+Y each, `max` of them */
    OPTION_HEADERS,  /* struct header_list; given again, it adds */
    OPTION_DATE,     /* text */
    OPTION_PATH,     /* text, anything but nothing */
    OPTION_WORD,     /* text without blanks or control characters */
    OPTION_LINE,     /* text without control characters */
};

enum {
    FOR_DEMO = 1 << COMMAND_DEMO,
    FOR_APOD = 1 << COMMAND_APOD,
    FOR_STARS = 1 << COMMAND_STARS,
    FOR_THUMBS = 1 << COMMAND_THUMBS,
    FOR_EDGES = 1 << COMMAND_EDGES,
    FOR_RUN = 1 << COMMAND_RUN,
    FOR_REPORT = 1 << COMMAND_REPORT,
    FOR_STATUS = 1 << COMMAND_STATUS,
    FOR_RETRY = 1 << COMMAND_RETRY,
    FOR_COMPARE = 1 << COMMAND_COMPARE,
    FOR_DOCTOR = 1 << COMMAND_DOCTOR,
    FOR_SERVE = 1 << COMMAND_SERVE,
    FOR_SHOW = 1 << COMMAND_CONFIG,
    FOR_COMPLETION = 1 << COMMAND_COMPLETION,
    FOR_LISTS = FOR_STARS | FOR_THUMBS | FOR_EDGES | FOR_RUN, /* any input */
    FOR_NEW = FOR_DEMO | FOR_APOD | FOR_LISTS,                /* begin runs */
    /* ask strangers' servers */
    FOR_FETCH = FOR_APOD | FOR_LISTS | FOR_RETRY | FOR_COMPARE,
    FOR_GOVERNOR = FOR_APOD | FOR_LISTS | FOR_RETRY, /* many of theirs */
    FOR_SEVERAL = FOR_RUN | FOR_COMPARE,             /* operations at once */
    FOR_FINDING = FOR_DEMO | FOR_APOD | FOR_STARS | FOR_SEVERAL,
    FOR_SHRINKING = FOR_THUMBS | FOR_SEVERAL,
    FOR_MAKING = FOR_THUMBS | FOR_EDGES | FOR_SEVERAL,
    FOR_WORK = FOR_NEW | FOR_RETRY, /* on runs */
    FOR_PICTURES = FOR_WORK | FOR_COMPARE,
    FOR_ALL = FOR_PICTURES | FOR_REPORT | FOR_STATUS | FOR_DOCTOR | FOR_SHOW |
              FOR_COMPLETION | FOR_SERVE,
    FOR_CONFIG = 1 << 16,          /* a config file may set it */
    IS_SECRET = 1 << 17,           /* its value is never shown */
    FOR_COMMANDS = FOR_CONFIG - 1, /* mask */
};

struct option_entry {
    const char *group; /* heading in --help; NULL: as the one before */
    const char *name, *argument, *help;
    enum option_kind kind;
    unsigned use; /* FOR_... */
    size_t field; /* offset in struct options */
    int64_t min, max;
    const char *standard; /* the default as one would type it; NULL: none */
    const char *choices;  /* "a|b|c" */
    const char *same_as;  /* the option of which this is another command's
                             name; NULL: of none */
};

struct command_entry {
    const char *name, *arguments, *summary;
    const char *text;        /* what it does, in one paragraph */
    const char *examples[3]; /* what one types after "starling"; NULL: none */
    bool takes_inputs;
    bool takes_run;    /* one input, the folder of a run */
    const char *words; /* "a|b": what the first input is one of; NULL: free */
};

extern const struct option_entry option_table[];
extern const int option_table_size;
extern const struct command_entry command_table[COMMANDS];

/* There is no such command: say so, and which may have been meant. Returns
 * -EINVAL. */
int command_unknown(const char *word, options_error *error);

#endif
