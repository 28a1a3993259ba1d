// A program in C++17: what lies in its own memory begins without designated
// initialisers, which that C++ does not have.
#include <starling.h>

#include <cstdio>

struct ticket_args {
    sl_semaphore *gate;
    int *passed;
};

static int ticket(void *arg)
{
    ticket_args *args = static_cast<ticket_args *>(arg);
    int rc = sl_semaphore_acquire(args->gate);

    if (rc == SL_OK)
        ++*args->passed;
    return rc;
}

static int app(void *arg)
{
    sl_semaphore gate = SL_SEMAPHORE_INIT(1);
    sl_bounded_semaphore few = SL_BOUNDED_SEMAPHORE_INIT(2);
    sl_barrier alone = SL_BARRIER_INIT(1);
    sl_group group;

    sl_group_open(&group);
    sl_go(&group, ticket, &gate, static_cast<int *>(arg));
    int rc = sl_bounded_semaphore_acquire(&few);
    if (rc == SL_OK)
        rc = sl_barrier_wait(&alone);
    int closed = sl_group_close(&group);
    return rc < 0 ? rc : closed;
}

int main()
{
    int passed = 0, rc = sl_run(app, &passed);

    std::printf("%d\n", passed);
    return rc < 0;
}
