/* runtime [NAME...]: what tasks cost, a line `NAME<TAB>VALUE<TAB>UNIT` each.
 *
 * A value is the median of five rounds, and each round is a process of its
 * own, so that none finds memory which another has warmed. Rows that share a
 * workload share its rounds. docs/internals/benchmarks.md says what the rows
 * mean, and how other runtimes are put beside this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "child.h"

enum { ROUNDS = 5, LINE = 512, ROWS_MAX = 4 };

/* Some 70 ticks of the clock that counts a busy server's time. */
#define ECHO_SECONDS "0.7"

typedef struct row {
    const char *name;
    const char *key; /* in what the workload prints */
    const char *unit;
} row;

typedef struct workload {
    const char *name, *n;    /* the arguments; n may be NULL */
    const char *connections; /* of the client, if it is a server */
    int memory_mib;          /* to be touched beforehand */
    row rows[ROWS_MAX];
} workload;

static const workload workloads[] = {
    { "switch2", .rows = { { "switch2", "ns", "ns" } } },
    { "switch1000", .rows = { { "switch1000", "ns", "ns" } } },
    { "spawnjoin", .rows = { { "spawnjoin", "ns", "ns" } } },
    { "gather", .memory_mib = 800,
      .rows = { { "gather", "ns", "ns" }, { "gather_rss", "rss", "B" } } },
    { "gather", .n = "1000000", .memory_mib = 4500,
      .rows = { { "gather1m", "ns", "ns" } } },
    { "park", .memory_mib = 800,
      .rows = { { "park", "touched_ns", "ns" },
                { "park_cold", "ns", "ns" },
                { "park_rss", "rss", "B" } } },
    { "park_small", .memory_mib = 800,
      .rows = { { "park_small", "touched_ns", "ns" },
                { "park_small_cold", "ns", "ns" },
                { "park_small_rss", "rss", "B" } } },
    { "timers", .memory_mib = 800,
      .rows = { { "timers", "touched_wall_ms", "ms" },
                { "timers_cpu", "touched_cpu_ms", "ms" },
                { "timers_cold", "wall_ms", "ms" },
                { "timers_cold_cpu", "cpu_ms", "ms" } } },
    { "sem", .memory_mib = 800,
      .rows = { { "sem", "touched_ns", "ns" }, { "sem_cold", "ns", "ns" } } },
    { "queue1", .rows = { { "queue1", "ns", "ns" } } },
    { "queue1024", .rows = { { "queue1024", "ns", "ns" } } },
    { "cancel", .memory_mib = 800, .rows = { { "cancel", "ns", "ns" } } },
    { "echo", .connections = "1",
      .rows = { { "echo1", "rps", "1/s" }, { "echo1_cpu", "cpu_us", "us" } } },
    { "echo", .connections = "100",
      .rows = { { "echo100", "rps", "1/s" },
                { "echo100_cpu", "cpu_us", "us" } } },
    { "echo", .connections = "1000",
      .rows = { { "echo1000", "rps", "1/s" },
                { "echo1000_cpu", "cpu_us", "us" } } },
};

enum { WORKLOADS = sizeof workloads / sizeof *workloads };

static bool is_wanted(const row *row, char *const names[])
{
    if (row->name == NULL)
        return false;
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], row->name) == 0)
            return true;
    return names[0] == NULL;
}

static bool any_is_wanted(const workload *work, char *const names[])
{
    for (int i = 0; i < ROWS_MAX; i++)
        if (is_wanted(&work->rows[i], names))
            return true;
    return false;
}

/* One line from a program that ends by itself. */
static int ask_program(char *const argv[], int core, char *line)
{
    child child;
    bool said;
    int status;

    if (child_start(&child, argv, core) < 0)
        return -1;
    said = fgets(line, LINE, child.out) != NULL;
    status = child_end(&child, false);
    return said && status == 0 ? 0 : -1;
}

/* The server and who loads it each have a core. */
static int ask_server(const workload *work, char *line)
{
    char *server_argv[] = { "runtime_once", (char *)work->name, NULL };
    char port[LINE], pid[32];
    char *load_argv[] = { "echo_load",  port, (char *)work->connections,
                          ECHO_SECONDS, pid,  NULL };
    child server;
    int rc = -1;

    if (child_start(&server, server_argv, 0) < 0)
        return -1;
    if (fgets(port, sizeof port, server.out) != NULL) {
        port[strcspn(port, "\n")] = '\0';
        snprintf(pid, sizeof pid, "%d", (int)server.pid);
        rc = ask_program(load_argv, 1, line);
    }
    child_end(&server, true);
    return rc;
}

static int run_once(const workload *work, char *line)
{
    char *argv[] = { "runtime_once", (char *)work->name, (char *)work->n,
                     NULL };

    if (work->connections != NULL)
        return ask_server(work, line);
    touch_memory(work->memory_mib);
    return ask_program(argv, 1, line);
}

/* The number after "key": in a flat JSON object. */
static int value_of(const char *line, const char *key, double *value)
{
    char quoted[64];
    const char *at;

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    at = strstr(line, quoted);
    if (at == NULL)
        return -1;
    *value = strtod(at + strlen(quoted), NULL);
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int print_row(const row *row, char lines[ROUNDS][LINE])
{
    double values[ROUNDS];

    for (int i = 0; i < ROUNDS; i++)
        if (value_of(lines[i], row->key, &values[i]) < 0)
            return -1;
    qsort(values, ROUNDS, sizeof *values, compare);
    printf("%s\t%.*f\t%s\n", row->name, values[ROUNDS / 2] < 1000 ? 2 : 0,
           values[ROUNDS / 2], row->unit);
    fflush(stdout);
    return 0;
}

static int measure(const workload *work, char *const names[])
{
    char lines[ROUNDS][LINE];

    for (int i = 0; i < ROUNDS; i++) {
        if (run_once(work, lines[i]) < 0) {
            fprintf(stderr, "runtime: %s gave no result\n", work->name);
            return -1;
        }
    }
    for (int i = 0; i < ROWS_MAX; i++)
        if (is_wanted(&work->rows[i], names) &&
            print_row(&work->rows[i], lines) < 0)
            return -1;
    return 0;
}

static bool is_a_row(const char *name)
{
    char *const names[] = { (char *)name, NULL };

    for (int i = 0; i < WORKLOADS; i++)
        if (any_is_wanted(&workloads[i], names))
            return true;
    return false;
}

static int usage(const char *wrong)
{
    fprintf(stderr, "runtime: there is no row '%s'; there are:", wrong);
    for (int i = 0; i < WORKLOADS; i++)
        for (int j = 0; j < ROWS_MAX && workloads[i].rows[j].name; j++)
            fprintf(stderr, " %s", workloads[i].rows[j].name);
    fputc('\n', stderr);
    return 2;
}

/* Two benchmarks at once would measure each other. The file is the one that
 * comparisons of runtimes agree on; without it we go ahead all the same. */
static void wait_for_turn(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/cpu.lock", folder ? folder : "/tmp");
    fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return;
    fputs("runtime: waiting for another benchmark to finish\n", stderr);
    while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
        ;
}

int main(int argc, char **argv)
{
    int status = 0;

    for (int i = 1; i < argc; i++)
        if (!is_a_row(argv[i]))
            return usage(argv[i]);
    wait_for_turn();
    for (int i = 0; i < WORKLOADS; i++)
        if (any_is_wanted(&workloads[i], argv + 1) &&
            measure(&workloads[i], argv + 1) < 0)
            status = 1;
    return status;
}
