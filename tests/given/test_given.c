/* The promise of api.h: whoever hands NULL to a public function that wants an
 * object is told which function, and which of its parameters. Of all of them:
 * the calls are made from the headers.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <starling.h>
#include <starling/http.h>
#include <starling/sandbox.h>
#include <starling/tls.h>
#include <starling/worker.h>

#include "support/apart.h"
#include "support/test.h"

typedef struct call {
    const char *function, *parameter;
    void (*make)(void);
} call;

static char bytes[65536];
static void *volatile none; /* so that the compiler does not know */

static int idle(void)
{
    return 0;
}

#include "calls.h"

static int make_call(void *each)
{
    ((const call *)each)->make();
    return 0;
}

static int in_a_task(void *each)
{
    return sl_run(make_call, each);
}

TEST_LIMIT(who_hands_null_is_told_the_function_and_the_parameter, 60)
{
    int silent = 0;

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const call *each = &calls[i];
        char wanted[128];
        int status = test_apart(in_a_task, (void *)(uintptr_t)each);

        snprintf(wanted, sizeof wanted, "%s(): '%s' is NULL\n", each->function,
                 each->parameter);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
            strstr(test_said(), wanted) != NULL)
            continue;
        silent++;
        fprintf(stderr, "wanted \"%s(): '%s' is NULL\", status %#x: %s\n",
                each->function, each->parameter, (unsigned)status, test_said());
    }
    CHECK_EQ(silent, 0);
}
