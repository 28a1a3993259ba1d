/* What a dead helper leaves behind.
 *
 * Its workers die with it, but a dead process stays a zombie until its parent
 * reaps it, and the parent of orphans is whoever adopts them here: usually the
 * first process, but also this program, where it is the first process of a
 * container or has asked for the role. The helper's workers are told from
 * other people's children by their process group.
 *
 * There is no descriptor to wait for, since nobody may have told of a worker
 * that was forked in the last moment. So this looks every few milliseconds,
 * for as long as one of them is ours and has not ended: SIGKILL is on its way.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "exec/process_pool.h"

#define LOOK_EVERY SL_MS(5)

typedef struct orphans {
    process_pool *pool;
    pid_t group;
} orphans;

static void look(void *arg)
{
    orphans *orphans = arg;
    process_pool *pool = orphans->pool;
    pid_t pid;

    do {
        pid = waitpid(-orphans->group, NULL, WNOHANG);
    } while (pid > 0);
    /* 0: some are alive. Without memory for the timer they stay zombies. */
    if (pid == 0 &&
        sl_call_later(pool->base.loop, LOOK_EVERY, look, orphans) != NULL)
        return;
    free(orphans);
    pool->orphan_groups--;
    sl__pool_check_ended(pool);
}

void sl__orphans_reap(process_pool *pool, pid_t group)
{
    orphans *orphans = malloc(sizeof *orphans);

    if (orphans == NULL)
        return;
    orphans->pool = pool;
    orphans->group = group;
    pool->orphan_groups++;
    look(orphans);
}
