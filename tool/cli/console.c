/* The program's two outputs.
 *
 * Progress bars live at the bottom of the terminal: when a line is due, they
 * are erased, the line is written, and they are drawn again below it. No state
 * of the terminal is changed for that (the cursor stays visible, lines are cut
 * to the width instead of turning wrapping off), so there is nothing that a
 * kill -9 could leave behind.
 *
 * Drawing must not wait for a terminal that was stopped with Ctrl-S. Setting
 * O_NONBLOCK on stderr itself would set it for every process that shares the
 * open file, the user's shell included; the terminal is therefore opened once
 * more for us alone.
 */
#include "cli/console.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/options.h"

enum {
    LINE_MAX_BYTES = 4096, /* PIPE_BUF: a line reaches a pipe in one piece */
    MESSAGE_PATIENCE_MS = 1000,
    ERASE_MAX = 32,
};

static void fill_missing_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

void console_init(console *console, const char *program)
{
    fill_missing_descriptors();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not be larger: an error, too */
    setlocale(LC_CTYPE, "");
    *console = (struct console){
        .program = program,
        .out = STDOUT_FILENO,
        .err = STDERR_FILENO,
        .err_is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .err_is_terminal = isatty(STDERR_FILENO),
        .live_fd = -1,
    };
    if (console->err_is_terminal)
        console->live_fd = open("/proc/self/fd/2",
                                O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void console_fini(console *console)
{
    console_keep(console);
    if (console->live_fd >= 0)
        close(console->live_fd);
    console->live_fd = -1;
}

void console_hide(console *console, const char *secret)
{
    if (secret == NULL || secret[0] == '\0' ||
        strcmp(secret, API_KEY_DEMO) == 0 ||
        strcmp(secret, API_KEY_PLACEHOLDER) == 0)
        return;
    for (int i = 0; i < TEXT_SECRETS_MAX; i++) {
        if (console->secrets.values[i] == NULL) {
            console->secrets.values[i] = secret;
            return;
        }
    }
}

/* Write all of it, or as much as a reader takes within `patience_ms` of each
 * piece (-1: for ever). */
static int write_all(int fd, const char *data, size_t size, int patience_ms)
{
    struct pollfd writable = { .fd = fd, .events = POLLOUT };
    ssize_t n;

    while (size > 0) {
        if (patience_ms >= 0 && poll(&writable, 1, patience_ms) == 0)
            return -EAGAIN;
        n = write(fd, data, size);
        if (n < 0 && errno == EAGAIN)
            poll(&writable, 1, patience_ms); /* somebody else's O_NONBLOCK */
        else if (n < 0 && errno != EINTR)
            return -errno;
        data += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Drop what is clogged: the next picture is as good as this one. A picture is
 * far smaller than a pipe's or a terminal's buffer, so after a successful poll
 * the write does not wait even where the descriptor might. */
static bool write_live(const console *console, const char *data, size_t size)
{
    int fd = console->live_fd >= 0 ? console->live_fd : console->err;
    struct pollfd writable = { .fd = fd, .events = POLLOUT };

    return poll(&writable, 1, 0) == 1 && write(fd, data, size) > 0;
}

void console_note(console *console, const char *text)
{
    char line[CONSOLE_LIVE_MAX];
    int n = snprintf(line, sizeof line, "%.*s\n", CONSOLE_LIVE_MAX - 2, text);

    write_live(console, line, (size_t)n);
}

/* The cursor is at the end of the last of the live lines. */
static size_t erase_sequence(const console *console, char out[ERASE_MAX])
{
    int n = 0;

    if (console->live_lines > 1)
        n = snprintf(out, ERASE_MAX, "\r\033[%dA\033[J",
                     console->live_lines - 1);
    else if (console->live_lines == 1)
        n = snprintf(out, ERASE_MAX, "\r\033[J");
    return (size_t)n;
}

static void step_aside(const console *console)
{
    char erase[ERASE_MAX];
    size_t n = erase_sequence(console, erase);

    if (n > 0)
        write_live(console, erase, n);
}

static void come_back(console *console)
{
    if (console->live_lines > 0 &&
        !write_live(console, console->live, strlen(console->live)))
        console->live_lines = 0; /* what is above is no bar of ours */
}

/* A background job that writes to its terminal may be stopped for it, and its
 * bars would be in the way of whoever is in the foreground. */
static bool is_in_background(const console *console)
{
    pid_t foreground = tcgetpgrp(console->err);

    return foreground >= 0 && foreground != getpgrp();
}

void console_draw(console *console, const char *text)
{
    char picture[CONSOLE_LIVE_MAX + ERASE_MAX];
    size_t erase = erase_sequence(console, picture);
    int length;

    if (is_in_background(console)) {
        console->live_lines = 0; /* what is below them is the shell's */
        return;
    }
    length = snprintf(picture + erase, CONSOLE_LIVE_MAX, "%s", text);
    if (length >= CONSOLE_LIVE_MAX)
        length = CONSOLE_LIVE_MAX - 1;
    if (!write_live(console, picture, erase + (size_t)length))
        return; /* the picture before it is still there */
    memcpy(console->live, picture + erase, (size_t)length + 1);
    console->live_lines = length > 0;
    for (const char *at = console->live; *at != '\0'; at++)
        console->live_lines += *at == '\n';
}

void console_forget_bars(console *console)
{
    if (console->live_lines > 1)
        console->live_lines = 1;
}

void console_keep(console *console)
{
    if (console->live_lines > 0)
        write_live(console, "\n", 1);
    console->live_lines = 0;
    console->live[0] = '\0';
}

void console_restore(const console *console)
{
    if (console->live_lines > 0 && write(console->err, "\n", 1) < 0)
        return; /* nothing can be done about it in a signal handler */
}

int console_width(const console *console)
{
    struct winsize size;

    if (ioctl(console->err, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

/* Write formatted text as one line that is fit to be seen. */
static int write_line(console *console, int fd, enum text_charset charset,
                      int patience_ms, const char *prefix, const char *format,
                      va_list args)
{
    char clean[LINE_MAX_BYTES], *raw;
    size_t length = (size_t)snprintf(clean, sizeof clean, "%s", prefix);
    int rc;

    if (vasprintf(&raw, format, args) < 0)
        return -ENOMEM;
    length += text_clean(raw, &console->secrets, charset, clean + length,
                         sizeof clean - length - 1);
    free(raw);
    clean[length++] = '\n';
    step_aside(console);
    rc = write_all(fd, clean, length, patience_ms);
    come_back(console);
    return rc;
}

static void keep_out_error(console *console, int rc)
{
    if (rc < 0)
        console->out = -1; /* one broken line is enough */
    if (rc == 0 || rc == -EPIPE || console->out_error != 0)
        return;
    console->out_error = rc;
    console_message(console, "cannot write to standard output: %s",
                    strerror(-rc));
}

bool console_shows_lines(const console *console)
{
    return !console->quiet && !console->out_is_json && console->out >= 0;
}

void console_line(console *console, const char *format, ...)
{
    va_list args;
    int rc;

    if (!console_shows_lines(console))
        return;
    va_start(args, format);
    rc = write_line(console, console->out, TEXT_UTF8, -1, "", format, args);
    va_end(args);
    keep_out_error(console, rc);
}

void console_json_part(console *console, const char *json, size_t size)
{
    int rc;

    if (console->out < 0)
        return;
    step_aside(console);
    rc = write_all(console->out, json, size, -1);
    come_back(console);
    keep_out_error(console, rc);
}

void console_json(console *console, const char *json, size_t size)
{
    console_json_part(console, json, size);
    console_json_part(console, "\n", 1);
}

void console_message(console *console, const char *format, ...)
{
    int patience_ms = console->err_clogged ? 0 : MESSAGE_PATIENCE_MS;
    char prefix[64];
    va_list args;
    int rc;

    snprintf(prefix, sizeof prefix, "%s: ", console->program);
    va_start(args, format);
    rc = write_line(console, console->err,
                    console->err_is_utf8 ? TEXT_UTF8 : TEXT_ASCII, patience_ms,
                    prefix, format, args);
    va_end(args);
    /* Nobody is left to be told about a message that could not be written. */
    console->err_clogged = rc == -EAGAIN;
}
