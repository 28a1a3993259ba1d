/* sandbox.h: give up, for good, whatever a job does not need.
 *
 * A process that reads bytes from strangers must have nothing worth taking.
 * A profile says, as data, what it still needs; sl_sandbox_enter() takes the
 * rest away in layers, each of which alone would do for most attacks:
 *
 *     close_range      no descriptors but the listed ones
 *     rlimits          bounded memory, CPU time and descriptors; no files, no
 *                      core dumps
 *     capabilities     nothing that root may do and others may not
 *     no_new_privs     no program can give privileges back
 *     landlock         no file, no TCP port, no signal to others
 *     seccomp          a short list of system calls; dangerous ones kill, the
 *                      others answer "no such call"
 *
 * libc and libseccomp only: a program can use this part alone.
 */
#ifndef STARLING_SANDBOX_H
#define STARLING_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include <starling/api.h>

SL_BEGIN

/* The layers, in the order in which they are put on. */
enum {
    SL_SANDBOX_CLOSE_RANGE = 1 << 0,
    SL_SANDBOX_RLIMITS = 1 << 1,
    SL_SANDBOX_CAPABILITIES = 1 << 2,
    SL_SANDBOX_NO_NEW_PRIVS = 1 << 3,
    SL_SANDBOX_LANDLOCK = 1 << 4,
    SL_SANDBOX_SECCOMP = 1 << 5,
    SL_SANDBOX_ALL = (1 << 6) - 1,
};

/* Groups of system calls beyond those that every job has: memory, clocks,
 * random numbers, reading and writing what is open, ending itself. */
enum {
    SL_SANDBOX_THREADS = 1 << 0, /* start threads of its own */
};

enum { SL_SANDBOX_KEEP_MAX = 16 };

typedef struct sl_sandbox_profile {
    const int *keep;     /* descriptors that stay open; all others close */
    size_t keep_count;   /* at most SL_SANDBOX_KEEP_MAX */
    uint64_t memory;     /* bytes of address space; 0: no limit */
    unsigned cpu_s;      /* CPU time of the whole process; 0: no limit */
    unsigned open_files; /* descriptors are below this; 0: 16 */
    unsigned needs;      /* groups of system calls */
    unsigned leave_out;  /* layers that are not wanted */
    unsigned require;    /* layers without which entering fails */
} sl_sandbox_profile;

typedef struct sl_sandbox_result {
    unsigned in_force; /* layers */
    unsigned missing;  /* layers that this system or this build lacks */
    int landlock_abi;  /* version the kernel speaks; 0: none */
} sl_sandbox_result;

/* Put on every layer that is wanted. One that the system lacks is noted in
 * *result (may be NULL) and skipped, unless it is required: then the error is
 * returned, and the process, half undressed, should end. The process must have
 * one thread; there is no way back.
 *
 * Builds with a sanitizer lack seccomp, and their rlimits leave memory and
 * file size alone: the sanitizer's own work would be killed.
 *
 * Returns 0, or -EINVAL for a profile that makes no sense, or what the system
 * said to a required layer. */
SL_API int sl_sandbox_enter(const sl_sandbox_profile *profile,
                            sl_sandbox_result *result);

/* Which layers this system and this build offer, without putting any on; the
 * version of Landlock goes to *landlock_abi (may be NULL), 0 for none. */
SL_API unsigned sl_sandbox_offered(int *landlock_abi);

/* Write the names of `layers` as "landlock, seccomp", cut at `size`. */
SL_API void sl_sandbox_names(unsigned layers, char *text, size_t size);

SL_END

#endif
