/* console.h: the program's two outputs, and who may write where when.
 *
 * stdout carries the result, stderr messages and progress. Both are often the
 * same terminal, with progress bars at its bottom; so whoever writes, writes
 * here, and the bars step aside for each line and come back below it.
 */
#ifndef TOOL_CLI_CONSOLE_H
#define TOOL_CLI_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

enum { CONSOLE_LIVE_MAX = 1024 };

typedef struct console {
    const char *program; /* begins each message */
    int out, err;        /* descriptors, lent; -1: closed */
    bool quiet;          /* no result lines; messages stay */
    bool out_is_json;    /* stdout is for console_json() only */
    bool err_is_utf8;
    bool err_is_terminal;
    int out_error;        /* first failed write to stdout: -errno, 0: none */
    text_secrets secrets; /* shown by nothing that is written here */
    /* private */
    int live_fd; /* writes that never wait; -1 without a terminal */
    int live_lines;
    bool err_clogged;
    char live[CONSOLE_LIVE_MAX];
} console;

/* Look at stdout, stderr and the locale. `program` is lent. Writing to a pipe
 * that nobody reads must not end the program: SIGPIPE is ignored from here on.
 * Descriptors 0 to 2 that are missing become /dev/null, lest a file that is
 * opened later takes their place. */
void console_init(console *console, const char *program);
void console_fini(console *console);

/* Never show `secret` (lent until console_fini) from now on. At most
 * TEXT_SECRETS_MAX; NULL, "" and keys that everybody knows are ignored. */
void console_hide(console *console, const char *secret);

/* Whether anybody reads lines of the result. */
bool console_shows_lines(const console *console);

/* One line of the result on stdout, in UTF-8, written before this returns.
 * Nothing if the reader has gone: `| head -1` is no error. Another failure is
 * kept in out_error. */
void console_line(console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One JSON text on stdout as it is; a newline is added. */
void console_json(console *console, const char *json, size_t size);
/* The same in parts, without the newline. */
void console_json_part(console *console, const char *json, size_t size);

/* One line on stderr: "PROGRAM: ...". Waits for a slow reader up to a second
 * and then gives up on it. */
void console_message(console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line on stderr as it is, if that can be done without waiting. */
void console_note(console *console, const char *text);

/* Show `text`, lines with a newline between them and none at the end, at the
 * bottom of the terminal, in place of what was shown there before. Never
 * waits: a terminal that does not keep up misses a picture. */
void console_draw(console *console, const char *text);

/* Somebody else may have written below the bars: of them only the line that the
 * cursor is in is still ours to erase. */
void console_forget_bars(console *console);

/* Leave what is drawn where it is and go on below it. */
void console_keep(console *console);

/* Columns of stderr's terminal; 80 if unknown. */
int console_width(const console *console);

/* For a handler of fatal signals: put the cursor below what is drawn. Calls
 * nothing that is unsafe there. */
void console_restore(const console *console);

#endif
