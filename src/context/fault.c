/* The fault handler: one a process, on an alternate stack a thread, since the
 * stack that has just overflowed cannot be used to say so.
 *
 * An address in the guard of the running task's stack is an overflow: name the
 * task, its stack size and what to do. Everything else goes to whoever handled
 * the signal before.
 */
#include "context/fault.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "context/sanitize.h"

enum { ALTERNATE_SIZE = 64 * 1024 };

static sl__fault_owner *who_owns;
static struct sigaction before_segv, before_bus;
static pthread_once_t installed = PTHREAD_ONCE_INIT;
static __thread void *alternate;

static void put(const char *text)
{
    /* Nothing can be done about a stderr that does not take it. */
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

static void put_number(size_t n)
{
    char digits[24], *at = digits + sizeof digits - 1;

    *at = '\0';
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    put(at);
}

static void on_fault(int signo, siginfo_t *info, void *machine)
{
    struct sigaction *before = signo == SIGSEGV ? &before_segv : &before_bus;
    const char *name;
    size_t size;
    sl__fault_owner *owner = __atomic_load_n(&who_owns, __ATOMIC_RELAXED);

    if (owner(info->si_addr, &name, &size)) {
        put("starling: task '");
        put(name);
        put("' has overflowed its stack of ");
        put_number(size / 1024);
        put(" KiB; give it a larger one with sl_spawn_options.stack\n");
    } else if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(signo, info, machine);
        return;
    } else if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) {
        before->sa_handler(signo);
        return;
    }
    /* The faulting instruction runs again, now without a handler. */
    signal(signo, SIG_DFL);
}

static void install(void)
{
    struct sigaction action = { .sa_sigaction = on_fault,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigaction(SIGSEGV, &action, &before_segv);
    sigaction(SIGBUS, &action, &before_bus);
}

static void watch_thread(void)
{
    stack_t stack = { .ss_size = ALTERNATE_SIZE }, old;

    if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE))
        return; /* the program brought its own */
    stack.ss_sp = mmap(NULL, ALTERNATE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    /* Without one an overflow still ends the program, only without words. */
    if (stack.ss_sp == MAP_FAILED)
        return;
    alternate = stack.ss_sp;
    sigaltstack(&stack, NULL);
}

#if SL_ASAN

void sl__fault_watch(sl__fault_owner *owner)
{
    (void)owner;
    (void)install;
    (void)installed;
    (void)watch_thread;
}

#else

void sl__fault_watch(sl__fault_owner *owner)
{
    __atomic_store_n(&who_owns, owner, __ATOMIC_RELAXED);
    pthread_once(&installed, install);
    watch_thread();
}

#endif

void sl__fault_unwatch(void)
{
    stack_t off = { .ss_flags = SS_DISABLE };

    if (alternate == NULL)
        return;
    sigaltstack(&off, NULL);
    munmap(alternate, ALTERNATE_SIZE);
    alternate = NULL;
}
