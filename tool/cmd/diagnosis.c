/* Forty failures have forty lines, and one cause. */
#include "cmd/diagnosis.h"

#include <string.h>

enum {
    FAILURES_LEAST = 3,
    PER_CENT_OF_ALL = 10,     /* of the items failed */
    PER_CENT_OF_FAILURES = 50 /* of these have one class */
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
    { "refused-address", "they are this machine's or a private network's; "
                         "--allow-address lets them be asked" },
    { "not-an-image", "what comes is no picture; a page that asks for a login, "
                      "perhaps" },
    { "truncated", "files end too early" },
    { "checksum", "the bytes are not those that the list was made from" },
    { "no-file", "is it the right folder? Paths are relative to this one" },
    { "too-large", "--max-bytes allows larger files, --max-pixels larger "
                   "pictures and thumbnails" },
    { "memory", "--max-pixels bounds what a picture may need" },
};

static const char *advice_on(const char *class_name)
{
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        if (strcmp(advice[i].class_name, class_name) == 0)
            return advice[i].words;
    return NULL;
}

int diagnosis_print(run *run, store *store, const report_run *report)
{
    store_top_class top;
    const char *words;
    int rc;

    if (report->failed < FAILURES_LEAST ||
        report->failed * 100 < report->planned * PER_CENT_OF_ALL)
        return 0;
    rc = store_find_top_class(store, &top);
    if (rc <= 0 || top.count * 100 < report->failed * PER_CENT_OF_FAILURES)
        return rc < 0 ? rc : 0;
    words = advice_on(top.name);
    console_line(run->console, "🧭 %lld of %lld failures are %s: %s",
                 (long long)top.count, (long long)report->failed, top.name,
                 words != NULL ? words : top.reason);
    return 0;
}
