/* Digests of whole pictures take milliseconds: they are computed on the threads
 * that read and write files. */
#include "cmd/content.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/checksum.h"

typedef struct checking {
    const char *wanted;
    const void *data;
    uint64_t size;
    char found[CHECKSUM_MAX];
} checking;

static int compute(void *arg)
{
    checking *c = arg;

    return checksum_compute(c->wanted, c->data, c->size, c->found);
}

int content_check(run *run, const char *checksum, const void *data,
                  uint64_t size, char *reason, size_t reason_size)
{
    checking checking = { .wanted = checksum, .data = data, .size = size };
    int rc = sl_crew_call(run->files, compute, &checking);

    if (rc == -ENOTSUP) {
        snprintf(reason, reason_size,
                 "this system does not compute such checksums: %s", checksum);
        return 0;
    }
    if (rc < 0)
        return rc;
    if (strcmp(checking.found, checksum) == 0)
        return 1;
    snprintf(reason, reason_size, "its bytes have %s, not %s", checking.found,
             strchr(checksum, ':') + 1);
    return 0;
}
