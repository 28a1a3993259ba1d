/* Ctrl-C must end a program also when a job on a thread never returns. Nobody
 * can stop the thread, so after a grace time the program ends without it and
 * says which job it was. A job is known to have run all the while if its
 * thread has handed back nothing since.
 *
 * A loop does not share its thread, so a thread's pools are its loop's.
 */
#include "exec/blocked.h"

static __thread thread_pool *pools;

void sl__blocked_watch(thread_pool *pool)
{
    pool->next_watched = pools;
    pools = pool;
}

void sl__blocked_forget(thread_pool *pool)
{
    thread_pool **at = &pools;

    while (*at != NULL && *at != pool)
        at = &(*at)->next_watched;
    if (*at != NULL)
        *at = pool->next_watched;
}

void sl__blocked_mark(void)
{
    for (thread_pool *pool = pools; pool != NULL; pool = pool->next_watched)
        for (int i = 0; i < pool->started; i++)
            pool->threads[i]->marked_tail =
                atomic_load(&pool->threads[i]->done_tail);
}

static job *running_since_mark(thread *thread)
{
    if (atomic_load(&thread->done_tail) != thread->marked_tail)
        return NULL;
    return atomic_load(&thread->running);
}

bool sl__blocked_describe(char *text, size_t size)
{
    for (thread_pool *pool = pools; pool != NULL; pool = pool->next_watched)
        for (int i = 0; i < pool->started; i++) {
            job *job = running_since_mark(pool->threads[i]);

            if (job != NULL) {
                sl__job_describe(job, text, size);
                return true;
            }
        }
    return false;
}
