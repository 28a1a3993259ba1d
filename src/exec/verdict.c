/* Wait statuses in words.
 *
 * A word travels in a future as a bare pointer and may be read long after the
 * pool has gone, so every word that can occur exists from the start.
 */
#include "exec/verdict.h"

#include <signal.h>
#include <sys/wait.h>

/* Crashed: what a process does to itself. SIGSYS is a call that its sandbox
 * does not allow. */
static const char *const by_signal[] = {
    [SIGABRT] = "crashed:SIGABRT",    [SIGBUS] = "crashed:SIGBUS",
    [SIGFPE] = "crashed:SIGFPE",      [SIGILL] = "crashed:SIGILL",
    [SIGSEGV] = "crashed:SIGSEGV",    [SIGSYS] = "crashed:SIGSYS",
    [SIGTRAP] = "crashed:SIGTRAP",    [SIGALRM] = "killed:SIGALRM",
    [SIGHUP] = "killed:SIGHUP",       [SIGINT] = "killed:SIGINT",
    [SIGIO] = "killed:SIGIO",         [SIGKILL] = "killed:SIGKILL",
    [SIGPIPE] = "killed:SIGPIPE",     [SIGPROF] = "killed:SIGPROF",
    [SIGPWR] = "killed:SIGPWR",       [SIGQUIT] = "killed:SIGQUIT",
    [SIGSTKFLT] = "killed:SIGSTKFLT", [SIGTERM] = "killed:SIGTERM",
    [SIGUSR1] = "killed:SIGUSR1",     [SIGUSR2] = "killed:SIGUSR2",
    [SIGVTALRM] = "killed:SIGVTALRM", [SIGXCPU] = "killed:SIGXCPU",
    [SIGXFSZ] = "killed:SIGXFSZ",
};

#define TEN_EXITS(tens)                                                        \
    "exited:" tens "0", "exited:" tens "1", "exited:" tens "2",                \
        "exited:" tens "3", "exited:" tens "4", "exited:" tens "5",            \
        "exited:" tens "6", "exited:" tens "7", "exited:" tens "8",            \
        "exited:" tens "9"

static const char *const by_exit[] = {
    TEN_EXITS(""),   TEN_EXITS("1"),  TEN_EXITS("2"),  TEN_EXITS("3"),
    TEN_EXITS("4"),  TEN_EXITS("5"),  TEN_EXITS("6"),  TEN_EXITS("7"),
    TEN_EXITS("8"),  TEN_EXITS("9"),  TEN_EXITS("10"), TEN_EXITS("11"),
    TEN_EXITS("12"), TEN_EXITS("13"), TEN_EXITS("14"), TEN_EXITS("15"),
    TEN_EXITS("16"), TEN_EXITS("17"), TEN_EXITS("18"), TEN_EXITS("19"),
    TEN_EXITS("20"), TEN_EXITS("21"), TEN_EXITS("22"), TEN_EXITS("23"),
    TEN_EXITS("24"), TEN_EXITS("25"),
};

const char *sl__verdict(int status)
{
    unsigned signo;

    if (WIFEXITED(status))
        return by_exit[WEXITSTATUS(status)];
    signo = (unsigned)WTERMSIG(status);
    if (signo < sizeof by_signal / sizeof by_signal[0] &&
        by_signal[signo] != NULL)
        return by_signal[signo];
    return "killed:SIGRT"; /* no other signal ends a process */
}
