/* without LAYER[,LAYER...] PROGRAM [ARGUMENT...]: a machine that lacks layers
 * of the sandbox, for one program and all that it starts. Their system calls
 * answer as they do on a kernel that does not have them, or in a container that
 * forbids them; or, likewise, what file systems can do.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

typedef struct refusal {
    const char *layer;
    int call, error;
    unsigned argument_count;
    struct scmp_arg_cmp argument;
} refusal;

static const refusal refusals[] = {
    { "close_range", SCMP_SYS(close_range), ENOSYS, 0, { 0 } },
    { "rlimits", SCMP_SYS(setrlimit), EPERM, 0, { 0 } },
    { "rlimits", SCMP_SYS(prlimit64), EPERM, 1, { 2, SCMP_CMP_NE, 0, 0 } },
    { "capabilities", SCMP_SYS(capset), EPERM, 0, { 0 } },
    { "no_new_privs",
      SCMP_SYS(prctl),
      EINVAL,
      1,
      { 0, SCMP_CMP_EQ, PR_SET_NO_NEW_PRIVS, 0 } },
    { "landlock", SCMP_SYS(landlock_create_ruleset), ENOSYS, 0, { 0 } },
    { "seccomp", SCMP_SYS(seccomp), ENOSYS, 0, { 0 } },
    { "seccomp",
      SCMP_SYS(prctl),
      EINVAL,
      1,
      { 0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0 } },
    /* What file systems lack: vfat all of them, NFS the first two. */
    { "nameless",
      SCMP_SYS(openat),
      EOPNOTSUPP,
      1,
      { 2, SCMP_CMP_MASKED_EQ, O_TMPFILE & ~O_DIRECTORY,
        O_TMPFILE & ~O_DIRECTORY } },
    { "noreplace", SCMP_SYS(renameat2), EINVAL, 0, { 0 } },
    { "links", SCMP_SYS(linkat), EPERM, 0, { 0 } },
};

static int refuse(scmp_filter_ctx filter, const char *layer)
{
    int rc = -EINVAL;

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const refusal *it = &refusals[i];

        if (strcmp(it->layer, layer) != 0)
            continue;
        rc =
            seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((unsigned)it->error),
                                   it->call, it->argument_count, &it->argument);
        if (rc < 0)
            break;
    }
    return rc;
}

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rc = filter == NULL ? -ENOMEM : 0;

    if (argc < 3)
        return 2;
    for (char *layer = strtok(argv[1], ","); layer != NULL && rc == 0;
         layer = strtok(NULL, ","))
        rc = refuse(filter, layer);
    if (rc == 0)
        rc = seccomp_load(filter);
    if (rc < 0) {
        fprintf(stderr, "without: %s\n", strerror(-rc));
        return 2;
    }
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 2;
}
