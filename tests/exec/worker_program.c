/* A worker program whose jobs do everything that a worker must not do. How it
 * starts depends on the name it is called by, since nothing else is passed on
 * to it. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <starling/sandbox.h>
#include <starling/worker.h>

#include "exec/hostile.h"
#include "exec/wire.h"

static int echo(const sl_job_io *io)
{
    if (io->in_size > io->out_capacity)
        return -EMSGSIZE;
    memcpy(io->out, io->in, io->in_size);
    return (int)io->in_size;
}

static int twice(const sl_job_io *io)
{
    int n;

    memcpy(&n, io->in, sizeof n);
    n *= 2;
    memcpy(io->out, &n, sizeof n);
    return sizeof n;
}

/* A number that depends on every step on the way to it; takes a while. */
static int mix(const sl_job_io *io)
{
    uint32_t n;

    memcpy(&n, io->in, sizeof n);
    for (int i = 0; i < 10000; i++)
        n = (n ^ n >> 15) * 2246822519u + 1;
    memcpy(io->out, &n, sizeof n);
    return sizeof n;
}

static int nothing(const sl_job_io *io)
{
    (void)io;
    return 0;
}

static int fail(const sl_job_io *io)
{
    (void)io;
    return -EILSEQ;
}

static int crash(const sl_job_io *io)
{
    (void)io;
    /* Not by a bad pointer: a sanitizer would turn that into an exit. */
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return 0;
}

static int give_up(const sl_job_io *io)
{
    (void)io;
    abort();
}

static int leave(const sl_job_io *io)
{
    (void)io;
    _exit(3);
}

static int hang(const sl_job_io *io)
{
    (void)io;
    for (;;)
        sleep(1);
    return 0;
}

/* Say in the result that it has begun. */
static int begin(const sl_job_io *io)
{
    *(volatile char *)io->result.data = 1;
    return hang(io);
}

static int eat(const sl_job_io *io)
{
    (void)io;
    for (;;) {
        char *volatile piece = malloc(16 << 20);

        if (piece == NULL)
            return -ENOMEM;
        piece[0] = 1;
    }
}

/* More than the group has that a test puts us in, less than the sandbox
 * allows. */
static int fill(const sl_job_io *io)
{
    enum { SIZE = 128 << 20 };
    volatile char *data = malloc(SIZE);

    (void)io;
    if (data == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < SIZE; i += 4096)
        data[i] = 1;
    return 0;
}

static int open_file(const sl_job_io *io)
{
    (void)io;
    return fopen("/etc/passwd", "re") != NULL ? 1 : -EACCES;
}

static int garbage(const sl_job_io *io)
{
    char noise[3000];

    memset(noise, 0xa5, sizeof noise);
    send(SL_WORKER_CHANNEL, noise, sizeof noise, MSG_NOSIGNAL);
    return hang(io);
}

static int half_message(const sl_job_io *io)
{
    send(SL_WORKER_CHANNEL, "half", 4, MSG_NOSIGNAL);
    return hang(io);
}

/* An answer that claims to be longer than it is. */
static int lie(const sl_job_io *io)
{
    hostile_claim(hostile_own_slot(), 1, 4096);
    return hang(io);
}

/* An answer to a question that was not asked. */
static int other_id(const sl_job_io *io)
{
    hostile_claim(hostile_own_slot() + 1, 1, 0);
    return hang(io);
}

/* More answers than there were ever questions. */
static int flood(const sl_job_io *io)
{
    hostile_claim(hostile_own_slot(), 1000000, 0);
    return hang(io);
}

/* The right answer, and another one for whatever is asked next. */
static int answer_twice(const sl_job_io *io)
{
    (void)io;
    hostile_claim(hostile_own_slot(), 1, 0);
    return 0;
}

/* All of it, again and again: whatever the pool reads may have changed since
 * it looked. */
static int scribble(const sl_job_io *io)
{
    volatile uint64_t *words = (volatile uint64_t *)(void *)hostile_region;
    sl__wire_bell bell = { .kind = SL__BELL_ANSWERS };
    uint64_t noise = 88172645463325252u;

    (void)io;
    for (;;) {
        for (size_t i = 0; i < offsetof(region, areas) / sizeof *words; i++) {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            words[i] = noise;
        }
        send(SL_WORKER_CHANNEL, &bell, sizeof bell, MSG_NOSIGNAL);
    }
    return 0;
}

/* News that is none, for as long as it is let. */
static int ring_on(const sl_job_io *io)
{
    sl__wire_bell bell = { .kind = SL__BELL_ANSWERS };

    (void)io;
    for (;;)
        send(SL_WORKER_CHANNEL, &bell, sizeof bell, MSG_NOSIGNAL);
    return 0;
}

/* A message with descriptors, for which nobody has asked. */
static int send_descriptors(const sl_job_io *io)
{
    sl__wire_bell bell = { .kind = SL__BELL_ANSWERS };
    const int fds[] = { 0, 1, 2, SL_WORKER_CHANNEL };

    for (int i = 0; i < 100; i++)
        sl__wire_send(SL_WORKER_CHANNEL, &bell, sizeof bell, NULL, 0, fds, 4);
    return twice(io);
}

static int claim_cancel(const sl_job_io *io)
{
    (void)io;
    return -ECANCELED;
}

static int hang_up(const sl_job_io *io)
{
    close(SL_WORKER_CHANNEL);
    return hang(io);
}

static int pid(const sl_job_io *io)
{
    int self = getpid();

    memcpy(io->out, &self, sizeof self);
    return sizeof self;
}

/* Its process's number, for the last time. */
static int retire(const sl_job_io *io)
{
    sl_worker_retire();
    return pid(io);
}

static int invert(const sl_job_io *io)
{
    const unsigned char *from = io->body.data;
    unsigned char *to = io->result.data;

    if (from == NULL || to == NULL || io->result.size < io->body.size)
        return -EINVAL;
    for (size_t i = 0; i < io->body.size; i++)
        to[i] = from[i] ^ 0xff;
    return 0;
}

static int write_body(const sl_job_io *io)
{
    signal(SIGSEGV, SIG_DFL);
    *(volatile char *)io->body.data = 1;
    return 0;
}

/* The environment, as one text. */
static int environment(const sl_job_io *io)
{
    extern char **environ;
    size_t used = 0;

    for (char **entry = environ; *entry != NULL; entry++)
        used += (size_t)snprintf((char *)io->out + used,
                                 io->out_capacity - used, "%s\n", *entry);
    return (int)used;
}

/* What the pool gave us at the start. */
static int argument(const sl_job_io *io)
{
    size_t size;
    const void *arg = sl_worker_arg(&size);

    if (arg == NULL || size > io->out_capacity)
        return -ENODATA;
    memcpy(io->out, arg, size);
    return (int)size;
}

/* How many descriptors are open, by asking about each: a sandbox lists none. */
static int descriptors(const sl_job_io *io)
{
    int open = 0;

    (void)io;
    for (int fd = 0; fd < 256; fd++)
        open += lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
    return open - 4 == 0 ? 0 : -EMFILE;
}

static const sl_job_entry jobs[] = {
    { "echo", echo },
    { "twice", twice },
    { "mix", mix },
    { "nothing", nothing },
    { "fail", fail },
    { "crash", crash },
    { "abort", give_up },
    { "exit", leave },
    { "hang", hang },
    { "begin", begin },
    { "eat", eat },
    { "fill", fill },
    { "open", open_file },
    { "garbage", garbage },
    { "half message", half_message },
    { "lie", lie },
    { "other id", other_id },
    { "answer twice", answer_twice },
    { "flood", flood },
    { "scribble", scribble },
    { "claim cancel", claim_cancel },
    { "ring on", ring_on },
    { "send descriptors", send_descriptors },
    { "hang up", hang_up },
    { "pid", pid },
    { "retire", retire },
    { "invert", invert },
    { "write body", write_body },
    { "environment", environment },
    { "argument", argument },
    { "descriptors", descriptors },
    { NULL, NULL },
};

static int enter(void)
{
    static const int keep[] = { 0, 1, 2, SL_WORKER_CHANNEL };
    const sl_sandbox_profile profile = {
        .keep = keep,
        .keep_count = 4,
        .memory = 256 << 20,
        .needs = sl_worker_threads() > 1 ? SL_SANDBOX_THREADS : 0,
    };
    sl_sandbox_result result;
    char missing[100];
    int rc;

    hostile_find_region();
    rc = sl_sandbox_enter(&profile, &result);

    sl_sandbox_names(result.missing, missing, sizeof missing);
    sl_worker_note("missing: %s", missing);
    return rc;
}

static int enter_bare(void)
{
    hostile_find_region();
    return 0;
}

static int enter_badly(void)
{
    sl_worker_note("no sandbox today");
    return -EPERM;
}

static int enter_crashing(void)
{
    abort();
}

static int warm_up_badly(void)
{
    sl_worker_note("a library is missing");
    return -ELIBACC;
}

static bool called(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');

    return strcmp(slash ? slash + 1 : path, name) == 0;
}

int main(int argc, char **argv)
{
    sl_worker_options options = { .jobs = jobs, .enter = enter };

    if (called(argv[0], "bare"))
        options.enter = enter_bare;
    if (called(argv[0], "enters-badly"))
        options.enter = enter_badly;
    if (called(argv[0], "crashes-entering"))
        options.enter = enter_crashing;
    if (called(argv[0], "warms-up-badly"))
        options.warm_up = warm_up_badly;
    return sl_worker_main(argc, argv, &options);
}
