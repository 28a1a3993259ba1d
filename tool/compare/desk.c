/* A blocking call, made of a pool that belongs to a loop.
 *
 * No picture is parsed in this process, whatever the mode. Where a mode is
 * about a thread that computes, the computing is done by a worker and the
 * thread does what it would do then: nothing else.
 */
#include "compare/desk.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include <starling/future.h>

typedef struct visit {
    const desk *desk;
    const sl_job_request *request;
    char *word;
    int rc;
    sem_t done;
} visit;

static void hand_back(sl_future *future, void *arg)
{
    visit *visit = arg;

    visit->rc = sl_future_result(future, NULL);
    snprintf(visit->word, DESK_WORD_MAX, "%s", sl_pool_error(future));
    sl_future_drop(future);
    sem_post(&visit->done);
}

/* On the pool's loop. */
static void take_in(void *arg)
{
    visit *visit = arg;
    sl_future *future = sl_pool_submit_with(visit->desk->pool, visit->request);

    if (future == NULL) {
        visit->rc = -ENOMEM;
        sem_post(&visit->done);
    } else if (sl_future_on_done(future, hand_back, visit) < 0) {
        /* A job is under way in memory of which nobody would know when it is
         * free. */
        fputs("starling: out of memory while a job is under way\n", stderr);
        abort();
    }
}

int desk_run(const desk *desk, const sl_job_request *request,
             char word[DESK_WORD_MAX])
{
    visit visit = { .desk = desk, .request = request, .word = word };
    int rc;

    word[0] = '\0';
    if (sem_init(&visit.done, 0, 0) < 0)
        return -errno;
    rc = sl_call_threadsafe(desk->loop, take_in, &visit);
    while (rc == 0 && sem_wait(&visit.done) < 0)
        continue; /* a signal */
    sem_destroy(&visit.done);
    return rc < 0 ? rc : visit.rc;
}
