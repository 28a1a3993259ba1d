/* Libraries that we use abort() without a word where they find something that
 * cannot be; libuv does, for one. Who sees a run end like that must be told at
 * least that it is no fault of theirs, and that nothing of it is lost. */
#include "cli/last_words.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

typedef struct crash {
    int signo;
    const char *words;
} crash;

#define WORDS(signal)                                                          \
    "starling: ended by " signal ", which is a mistake in this program and "   \
    "not yours; what a run has done is saved, and the same command goes on. "  \
    "Please report it with the lines above and the command\n"

static const crash crashes[] = {
    { SIGABRT, WORDS("SIGABRT") }, { SIGSEGV, WORDS("SIGSEGV") },
    { SIGBUS, WORDS("SIGBUS") },   { SIGFPE, WORDS("SIGFPE") },
    { SIGILL, WORDS("SIGILL") },   { SIGSYS, WORDS("SIGSYS") },
};

enum { CRASHES = sizeof crashes / sizeof crashes[0] };

static bool err_is_terminal;

static void put(const char *text)
{
    /* There is nobody left to tell that it cannot be told. */
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

/* Only what may be done at any moment. The signal comes once more when this
 * returns, and then has its usual effect, a core file included. */
static void say(int signo)
{
    if (err_is_terminal)
        put("\n"); /* the cursor may be behind a progress bar */
    for (int i = 0; i < CRASHES; i++)
        if (crashes[i].signo == signo)
            put(crashes[i].words);
    signal(signo, SIG_DFL); /* we may have been called by another handler */
    raise(signo);
}

void last_words_prepare(void)
{
    /* On the thread's other stack, if it has one: its own may have ended. */
    struct sigaction action = { .sa_handler = say, .sa_flags = SA_ONSTACK };
    struct sigaction before;

    err_is_terminal = isatty(STDERR_FILENO);
    for (int i = 0; i < CRASHES; i++)
        if (sigaction(crashes[i].signo, NULL, &before) == 0 &&
            before.sa_handler == SIG_DFL)
            (void)sigaction(crashes[i].signo, &action, NULL);
}
