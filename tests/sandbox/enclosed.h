/* enclosed.h: run something inside a sandbox, in a child, and see what became
 * of the child: that is all that an attacker's code would see, too. */
#ifndef TESTS_SANDBOX_ENCLOSED_H
#define TESTS_SANDBOX_ENCLOSED_H

#include <starling/sandbox.h>

/* What the child found, as its exit status. */
enum { REFUSED = 40, ALLOWED = 41, NO_SANDBOX = 42 };

/* A profile with these layers, all required, and the standard descriptors. */
sl_sandbox_profile only(unsigned layers);

/* The wait status of a child that entered the sandbox and then called act(),
 * whose result is its exit status. */
int status_of(const sl_sandbox_profile *profile, int (*act)(void));

/* The same for a child that must not die of a signal. */
int exit_of(const sl_sandbox_profile *profile, int (*act)(void));

/* Skip the test where one of the layers is missing. */
void need(unsigned layers);

/* REFUSED for a system call that failed. */
int answer(long rc);

int try_open(void);
int try_create(void);
int try_exec(void);
int try_ptrace(void);
int try_kill_parent(void);

#endif
