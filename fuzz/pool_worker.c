/* The worker program of fuzz_pool: plays scripts against its own pool. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <starling/worker.h>

#include "exec/hostile.h"
#include "exec/wire.h"
#include "pool_script.h"

typedef struct script {
    const unsigned char *at, *end;
    int rc; /* to answer with */
} script;

static uint32_t take(script *script, size_t size)
{
    uint32_t value = 0;

    if ((size_t)(script->end - script->at) < size) {
        script->at = script->end;
        return 0;
    }
    memcpy(&value, script->at, size);
    script->at += size;
    return value;
}

/* Bytes that follow, as many as there are. */
static size_t rest(const script *script, size_t wanted)
{
    size_t left = (size_t)(script->end - script->at);

    return wanted < left ? wanted : left;
}

static void write_region(script *script)
{
    uint32_t at = take(script, 4) % (uint32_t)offsetof(region, areas);
    size_t count = rest(script, take(script, 1));

    memcpy((char *)hostile_region + at, script->at, count);
    script->at += count;
}

static void claim(script *script)
{
    uint32_t beside = take(script, 1);

    hostile_claim(hostile_own_slot() + beside, 1, (int)take(script, 4));
}

static void send_message(script *script)
{
    size_t count = rest(script, take(script, 1));

    send(SL_WORKER_CHANNEL, script->at, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    script->at += count;
}

static void play_step(script *script)
{
    switch (take(script, 1)) {
    case SCRIPT_WRITE:
        write_region(script);
        break;
    case SCRIPT_CLAIM:
        claim(script);
        break;
    case SCRIPT_TAIL:
        hostile_claim(0, take(script, 1), 0);
        break;
    case SCRIPT_SEND:
        send_message(script);
        break;
    case SCRIPT_ANSWER:
        script->rc = (int)take(script, 4);
        break;
    case SCRIPT_HANG_UP:
        close(SL_WORKER_CHANNEL);
        break;
    case SCRIPT_EXIT:
        _exit(0);
    default:
        script->at = script->end;
        break;
    }
}

static int play(const sl_job_io *io)
{
    script script = { .at = io->in,
                      .end = (const unsigned char *)io->in + io->in_size };

    while (script.at < script.end)
        play_step(&script);
    return script.rc;
}

static int twice(const sl_job_io *io)
{
    int n;

    memcpy(&n, io->in, sizeof n);
    n *= 2;
    memcpy(io->out, &n, sizeof n);
    return sizeof n;
}

static int enter(void)
{
    hostile_find_region();
    return 0;
}

int main(int argc, char **argv)
{
    static const sl_job_entry jobs[] = { { "play", play },
                                         { "twice", twice },
                                         { NULL, NULL } };

    return sl_worker_main(argc, argv,
                          &(sl_worker_options){ .jobs = jobs, .enter = enter });
}
