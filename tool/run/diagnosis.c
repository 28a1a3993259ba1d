/* Forty failures have forty lines, and one cause, or a few. */
#include "run/diagnosis.h"

#include <stdio.h>
#include <string.h>

enum {
    FAILURES_LEAST = 3,
    PER_CENT_OF_ALL = 10,      /* of the items failed */
    PER_CENT_OF_FAILURES = 50, /* of these have one class */
    FAILURES_MANY = 20,        /* more than one takes in line by line */
    CLASSES_MAX = 12
};

static const struct {
    const char *class_name, *words;
} advice[] = {
    { "dns", "names of servers cannot be found; is there a network, and a DNS "
             "server that answers?" },
    { "connect", "servers cannot be reached; is there a network, or a firewall "
                 "in between?" },
    { "network", "connections break; is the network good?" },
    { "timeout", "--timeout or --downloads may suit the network better" },
    { "tls", "certificates are refused; are the clock and the system's "
             "certificates right?" },
    { "rate-limited", "the servers want fewer requests; a smaller --per-host "
                      "is kinder" },
    { "http-401", "the servers want a login" },
    { "http-403", "the servers refuse; do they want a login, or another "
                  "--user-agent?" },
    { "http-404", "the list may be old: what it names is gone" },
    { "http-429", "the servers want fewer requests; a smaller --per-host is "
                  "kinder" },
    { "refused-address", "this machine's and private addresses are only asked "
                         "with --allow-private or --allow-address" },
    { "not-an-image", "these are no pictures, whatever they are called" },
    { "truncated", "files end too early" },
    { "checksum", "the bytes are not those that the list was made from" },
    { "no-file", "is it the right folder? Paths are relative to this one" },
    { "too-large", "--max-bytes allows larger files, --max-pixels larger "
                   "pictures and thumbnails" },
    { "memory", "--max-pixels bounds what a picture may need" },
};

static const char *advice_on(const store_class *failures)
{
    /* The reason is of one of them: a server that sends one page instead of a
     * picture sends more. */
    if (strcmp(failures->name, "not-an-image") == 0 &&
        strncmp(failures->reason, "HTML", 4) == 0)
        return "pages come instead of pictures; do the servers want a login?";
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        if (strcmp(advice[i].class_name, failures->name) == 0)
            return advice[i].words;
    return NULL;
}

void diagnosis_list(const store_class classes[], int count, char *text,
                    size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%lld %s",
                                 i > 0 ? ", " : "", (long long)classes[i].count,
                                 classes[i].name);
}

/* How many of them are worth a word. A refusal of ours always is: nothing is
 * broken, somebody only has to say that it is meant. */
static int64_t least_of(const store_class *failures)
{
    return strcmp(failures->name, "refused-address") == 0 ? 1 : FAILURES_LEAST;
}

/* The one thing to mend, if there is one. */
static void print_cause(run *run, const store_class *top,
                        const report_run *report)
{
    const char *words = advice_on(top);

    if (report->failed < least_of(top) ||
        report->failed * 100 < report->planned * PER_CENT_OF_ALL ||
        top->count * 100 < report->failed * PER_CENT_OF_FAILURES)
        return;
    if (words == NULL)
        words = top->reason;
    if (report->failed == 1)
        console_line(run->console, "🧭 %s", words);
    else
        console_line(run->console, "🧭 %lld of %lld failures are %s: %s",
                     (long long)top->count, (long long)report->failed,
                     top->name, words);
}

int diagnosis_print(run *run, store *store, const report_run *report)
{
    store_class classes[CLASSES_MAX];
    char text[CLASSES_MAX * sizeof classes[0].name];
    int count = report->failed > 0
                    ? store_count_classes(store, classes, CLASSES_MAX)
                    : 0;

    if (count <= 0)
        return count;
    if (count > 1 && report->failed >= FAILURES_MANY) {
        diagnosis_list(classes, count, text, sizeof text);
        console_line(run->console, "🗂️ Failures: %s", text);
    }
    print_cause(run, &classes[0], report);
    return 0;
}
