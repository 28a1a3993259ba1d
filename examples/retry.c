/* Try again what failed, after pauses that grow and are partly random, so that
 * many who failed together do not come back together. Errors that no retry can
 * mend are not retried, and a limit bounds the whole, pauses included.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

struct service {
    const char *name;
    int failures; /* that are still to come */
    int error;
    int calls;
};

static int call(void *arg)
{
    struct service *service = arg;
    int rc = sl_sleep(scaled(SL_MS(10)));

    if (rc < 0)
        return rc;
    service->calls++;
    if (service->failures-- > 0) {
        printf("%s: attempt %d failed\n", service->name, service->calls);
        return service->error;
    }
    printf("%s: attempt %d worked\n", service->name, service->calls);
    return 0;
}

/* A refused connection may be taken the next time; a wrong key will not. */
static bool is_transient(int rc, void *unused)
{
    (void)unused;
    return rc == -ECONNREFUSED || rc == -ECONNRESET || rc == SL_ETIMEDOUT;
}

static int call_patiently(struct service *service)
{
    sl_backoff backoff = { .attempts = 5,
                           .first = scaled(SL_MS(100)),
                           .longest = scaled(SL_S(1)),
                           .is_transient = is_transient,
                           .seed = program_seed() };
    sl_scope limit;
    int rc;

    sl_timeout_open(&limit, scaled(SL_S(10)));
    rc = sl_scope_close(&limit, sl_retry(&backoff, call, service));
    printf("%s: %s after %d attempts\n", service->name,
           rc < 0 ? "given up" : "done", service->calls);
    return rc;
}

static int app(void *unused)
{
    struct service shaky = { "shaky service", 2, -ECONNREFUSED, 0 };
    struct service strict = { "strict service", 9, -EACCES, 0 };
    struct service gone = { "gone service", 9, -ECONNREFUSED, 0 };

    (void)unused;
    if (call_patiently(&shaky) < 0)
        return 1;
    if (call_patiently(&strict) != -EACCES)
        return 1;
    return call_patiently(&gone) == -ECONNREFUSED ? 0 : 1;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "retry");
    return sl_main(argc, argv, app, NULL);
}
