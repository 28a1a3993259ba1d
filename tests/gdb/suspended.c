/* Tasks that wait, each some calls deep, for a debugger to look at. */
#include <starling.h>

static sl_event never;

static __attribute__((noinline)) int wait_deep_down(int depth)
{
    int rc;

    if (depth == 0)
        return sl_event_wait(&never);
    rc = wait_deep_down(depth - 1);
    return rc < 0 ? rc : depth; /* so that each call keeps its frame */
}

static int patient(void *unused)
{
    (void)unused;
    return wait_deep_down(2);
}

static int parent(void *unused)
{
    sl_group group;

    (void)unused;
    sl_group_open(&group);
    sl_group_spawn_with(&group, &(sl_spawn_options){ .name = "child" }, patient,
                        NULL, 0);
    return sl_group_close(&group);
}

/* Where the debugger stops. */
static __attribute__((noinline)) void look_here(void)
{
    __asm__ volatile("");
}

static int app(void *unused)
{
    sl_group group;
    int rc;

    (void)unused;
    sl_group_open(&group);
    sl_group_spawn_with(&group, &(sl_spawn_options){ .name = "parent" }, parent,
                        NULL, 0);
    rc = sl_sleep(SL_MS(10));
    look_here();
    sl_group_cancel(&group);
    return sl_group_close(&group) < 0 ? -1 : rc;
}

int main(void)
{
    return sl_run(app, NULL) < 0;
}
