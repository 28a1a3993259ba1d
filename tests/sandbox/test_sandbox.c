/* What each layer does alone, and what a job can still do inside all. */
#include "enclosed.h"

#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/layers.h"
#include "sandbox/sanitized.h"

/* What a worker does all day. */
static int work(void)
{
    struct timespec now;
    char byte, *big;
    cpu_set_t cpus;

    big = malloc(16 << 20);
    if (big == NULL || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
        return REFUSED;
    memset(big, 1, 16 << 20);
    big = realloc(big, 32 << 20);
    free(big);
    if (getrandom(&byte, 1, 0) != 1 || sched_yield() < 0)
        return REFUSED;
    if (sched_getaffinity(0, sizeof cpus, &cpus) < 0 || getpid() <= 0)
        return REFUSED;
    return ALLOWED;
}

static int channel;

static int talk(void)
{
    char text[8];

    if (recv(channel, text, sizeof text, 0) != 4)
        return REFUSED;
    return send(channel, text, 4, MSG_NOSIGNAL) == 4 ? ALLOWED : REFUSED;
}

TEST(a_job_can_work_and_talk_on_its_channel)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_ALL);
    int pair[2], keep[4] = { 0, 1, 2 };
    char text[8];

    profile.require = 0;
    CHECK_EQ(exit_of(&profile, work), ALLOWED);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    keep[3] = channel = pair[1];
    profile.keep = keep;
    profile.keep_count = 4;
    CHECK_EQ(send(pair[0], "ping", 4, 0), 4);
    CHECK_EQ(exit_of(&profile, talk), ALLOWED);
    CHECK_EQ(recv(pair[0], text, sizeof text, 0), 4);
}

static int give_up(void)
{
    abort();
}

TEST(abort_is_still_an_abort)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_ALL);
    int status;

    profile.require = 0;
    status = status_of(&profile, give_up);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGABRT);
}

static void *set_flag(void *flag)
{
    *(int *)flag = 1;
    return NULL;
}

static int start_thread(void)
{
    pthread_t thread;
    int flag = 0;

    if (pthread_create(&thread, NULL, set_flag, &flag) != 0)
        return REFUSED;
    pthread_join(thread, NULL);
    return flag ? ALLOWED : REFUSED;
}

TEST(threads_start_only_where_the_profile_needs_them)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_SECCOMP);
    int status;

    need(SL_SANDBOX_SECCOMP);
    status = status_of(&profile, start_thread);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == REFUSED);
    profile.needs = SL_SANDBOX_THREADS;
    CHECK_EQ(exit_of(&profile, start_thread), ALLOWED);
}

static int kept, not_kept;

static int look_at_descriptors(void)
{
    return fcntl(kept, F_GETFD) >= 0 && fcntl(not_kept, F_GETFD) < 0 &&
                   fcntl(2, F_GETFD) >= 0
               ? ALLOWED
               : REFUSED;
}

TEST(only_listed_descriptors_stay_open)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_CLOSE_RANGE);
    int keep[4] = { 2, 0, 0, 1 };

    need(SL_SANDBOX_CLOSE_RANGE);
    not_kept = dup(0);
    kept = keep[1] = dup(0);
    profile.keep = keep;
    profile.keep_count = 4;
    CHECK_EQ(exit_of(&profile, look_at_descriptors), ALLOWED);
}

static int look_at_limits(void)
{
    struct rlimit core, files, cpu;

    if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0)
        return REFUSED;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_max != 20)
        return REFUSED;
    if (getrlimit(RLIMIT_CPU, &cpu) < 0 || cpu.rlim_cur != 7)
        return REFUSED;
    return ALLOWED;
}

TEST(limits_are_those_of_the_profile)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_RLIMITS);

    profile.open_files = 20;
    profile.cpu_s = 7;
    CHECK_EQ(exit_of(&profile, look_at_limits), ALLOWED);
}

static int eat_memory(void)
{
    void *data = malloc(600 << 20);

    return data == NULL ? REFUSED : ALLOWED;
}

TEST(memory_beyond_the_limit_is_refused)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_RLIMITS);

    if (SL__SANITIZED)
        test_skip("a sanitizer needs the address space");
    profile.memory = 512 << 20;
    CHECK_EQ(exit_of(&profile, eat_memory), REFUSED);
    profile.memory = 0;
    CHECK_EQ(exit_of(&profile, eat_memory), ALLOWED);
}

static int write_file(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

    if (fd < 0)
        return NO_SANDBOX;
    return answer(write(fd, "x", 1));
}

TEST(files_cannot_grow_and_trying_does_not_kill)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_RLIMITS);

    if (SL__SANITIZED)
        test_skip("a sanitizer writes its report to a file");
    CHECK_EQ(exit_of(&profile, write_file), REFUSED);
}

static int spin(void)
{
    for (volatile unsigned i = 1; i != 0; i = 1)
        ;
    return ALLOWED;
}

TEST(cpu_time_beyond_the_limit_ends_the_process)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_RLIMITS);
    int status;

    profile.cpu_s = 1;
    status = status_of(&profile, spin);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGXCPU);
}

static int look_at_capabilities(void)
{
    char line[128];
    FILE *file = fopen("/proc/self/status", "re");
    unsigned long long effective = ~0ULL;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "CapEff: %llx", &effective);
    return effective == 0 ? ALLOWED : REFUSED;
}

TEST(capabilities_are_gone)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_CAPABILITIES);

    CHECK_EQ(exit_of(&profile, look_at_capabilities), ALLOWED);
}

static int look_at_no_new_privs(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? ALLOWED : REFUSED;
}

TEST(programs_gain_no_privileges)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_NO_NEW_PRIVS);

    CHECK_EQ(exit_of(&profile, look_at_no_new_privs), ALLOWED);
}

enum { LANDLOCK_ONLY = SL_SANDBOX_LANDLOCK | SL_SANDBOX_NO_NEW_PRIVS };

TEST(landlock_alone_keeps_files_away)
{
    sl_sandbox_profile profile = only(LANDLOCK_ONLY);

    need(LANDLOCK_ONLY);
    CHECK_EQ(exit_of(&profile, try_open), REFUSED);
    CHECK_EQ(exit_of(&profile, try_create), REFUSED);
    CHECK_EQ(exit_of(&profile, try_exec), REFUSED);
    CHECK_EQ(exit_of(&profile, try_ptrace), REFUSED);
}

static int connect_to_discard(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(9) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return ALLOWED;
    return errno == EACCES ? REFUSED : ALLOWED;
}

TEST(landlock_alone_keeps_the_network_away)
{
    sl_sandbox_profile profile = only(LANDLOCK_ONLY);

    need(LANDLOCK_ONLY);
    if (sl__landlock_abi() < 4)
        test_skip("this kernel's Landlock does not know the network");
    CHECK_EQ(exit_of(&profile, connect_to_discard), REFUSED);
}

TEST(landlock_alone_keeps_signals_in)
{
    sl_sandbox_profile profile = only(LANDLOCK_ONLY);

    need(LANDLOCK_ONLY);
    if (sl__landlock_abi() < 6)
        test_skip("this kernel's Landlock does not know signals");
    CHECK_EQ(exit_of(&profile, try_kill_parent), REFUSED);
}

static int enter_again(void)
{
    /* Under the filter Landlock is an unknown call, as on an old kernel. */
    sl_sandbox_profile profile = only(SL_SANDBOX_LANDLOCK);
    sl_sandbox_result result;

    profile.require = 0;
    if (sl_sandbox_enter(&profile, &result) < 0)
        return NO_SANDBOX;
    if (result.missing != SL_SANDBOX_LANDLOCK || result.in_force != 0)
        return ALLOWED;
    profile.require = SL_SANDBOX_LANDLOCK;
    return sl_sandbox_enter(&profile, &result) == -ENOSYS ? REFUSED : ALLOWED;
}

TEST(a_missing_layer_is_reported_and_only_fatal_where_required)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_SECCOMP);

    need(SL_SANDBOX_SECCOMP);
    CHECK_EQ(exit_of(&profile, enter_again), REFUSED);
}

TEST(a_profile_that_contradicts_itself_is_refused)
{
    sl_sandbox_profile profile = { .leave_out = SL_SANDBOX_SECCOMP,
                                   .require = SL_SANDBOX_SECCOMP };

    CHECK_EQ(sl_sandbox_enter(&profile, NULL), -EINVAL);
    profile = (sl_sandbox_profile){ .needs = 1u << 30 };
    CHECK_EQ(sl_sandbox_enter(&profile, NULL), -EINVAL);
    profile = (sl_sandbox_profile){ .keep_count = 17 };
    CHECK_EQ(sl_sandbox_enter(&profile, NULL), -EINVAL);
}

TEST(layers_have_names)
{
    char text[64], tiny[6];

    sl_sandbox_names(SL_SANDBOX_LANDLOCK | SL_SANDBOX_SECCOMP, text,
                     sizeof text);
    CHECK_STR(text, "landlock, seccomp");
    sl_sandbox_names(SL_SANDBOX_LANDLOCK | SL_SANDBOX_SECCOMP, tiny,
                     sizeof tiny);
    CHECK_STR(tiny, "landl");
    sl_sandbox_names(0, text, sizeof text);
    CHECK_STR(text, "");
}

static int say_allowed(void)
{
    return ALLOWED;
}

TEST(what_is_offered_is_what_can_be_put_on)
{
    int abi = -1;
    unsigned offered = sl_sandbox_offered(&abi);
    sl_sandbox_profile profile = only(offered);

    CHECK(abi >= 0);
    CHECK_EQ((offered & SL_SANDBOX_LANDLOCK) != 0, abi > 0);
    CHECK_EQ(exit_of(&profile, say_allowed), ALLOWED);
}
