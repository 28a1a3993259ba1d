/* Faults are ordered in the URL, so that a test needs no second channel to the
 * server and a person can try each from any client. */
#include "origin/faults.h"

#include <errno.h>
#include <string.h>

#include "origin/query.h"

enum { LATENCY_MAX_MS = 3600 * 1000, RETRY_AFTER_MAX_S = 86400 };

static int read_flag(const char *query, const char *name, bool *flag)
{
    int64_t value;
    int rc = origin_query_number(query, name, *flag, &value);

    if (rc < 0 || value > 1)
        return -EINVAL;
    *flag = value == 1;
    return 0;
}

static int read_number(const char *query, const char *name, int64_t most,
                       int64_t *number)
{
    int64_t value;
    int rc = origin_query_number(query, name, *number, &value);

    if (rc < 0 || value > most)
        return -EINVAL;
    *number = value;
    return 0;
}

/* A line break in a header would let the query write headers of its own. */
static bool is_clean(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

int origin_faults_read(const char *query, const origin_faults *normal,
                       origin_faults *faults)
{
    origin_faults result = *normal;
    int64_t latency_ms = normal->latency / SL_MS(1);
    int64_t bandwidth = (int64_t)normal->bandwidth, status = normal->status;

    if (read_number(query, "latency_ms", LATENCY_MAX_MS, &latency_ms) < 0 ||
        read_number(query, "bandwidth", INT64_MAX, &bandwidth) < 0 ||
        read_number(query, "status", 599, &status) < 0 ||
        read_number(query, "retry_after", RETRY_AFTER_MAX_S,
                    &result.retry_after) < 0 ||
        read_number(query, "cut", INT64_MAX, &result.cut) < 0 ||
        read_number(query, "times", INT64_MAX, &result.times) < 0 ||
        read_flag(query, "stall", &result.stall) < 0 ||
        read_flag(query, "no_length", &result.no_length) < 0 ||
        read_flag(query, "chunked", &result.chunked) < 0 ||
        (status != 0 && status < 200) ||
        origin_query_text(query, "redirect", result.redirect,
                          sizeof result.redirect) < 0 ||
        !is_clean(result.redirect))
        return -EINVAL;
    result.latency = SL_MS(latency_ms);
    result.bandwidth = (uint64_t)bandwidth;
    result.status = (int)status;
    *faults = result;
    return 0;
}
