/* A worker process: take a job, run it, answer, until the channel ends.
 *
 * It has one thread and no loop, because it does one thing at a time and must
 * get by with the few system calls that its sandbox leaves: receive, map,
 * unmap, close, send. All memory of its own is allocated before the sandbox.
 */
#include "exec/worker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec/wire.h"

typedef struct message {
    sl__wire_job job;
    char in[SL_JOB_INLINE_MAX];
} message;

/* What a worker keeps between jobs. */
typedef struct desk {
    const sl_worker_options *options;
    message *message;
    char *out; /* SL_JOB_INLINE_MAX bytes */
} desk;

static char note[SL__WIRE_TEXT];

void sl_worker_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(note, sizeof note, format, args);
    va_end(args);
}

const char *sl__worker_note_text(void)
{
    return note;
}

/* Takes fd. The mapping keeps the memory; the descriptor is one more thing
 * that a hijacked job could play with. */
static int map(int fd, uint64_t size, int protection, sl_shm *out)
{
    void *data = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

    if (data == MAP_FAILED) {
        int rc = -errno;

        close(fd);
        return rc;
    }
    close(fd);
    *out = (sl_shm){ .data = data, .size = size, .fd = -1 };
    return 0;
}

static void unmap(sl_shm *memory)
{
    if (memory->data != NULL)
        munmap(memory->data, memory->size);
}

static int map_both(const sl__wire_job *job, int fds[], int count,
                    sl_job_io *io)
{
    int needed = (job->body_size > 0) + (job->result_size > 0), used = 0, rc;

    if (count != needed) {
        /* No room for descriptors in this process, most likely. */
        while (count > 0)
            close(fds[--count]);
        return -EMFILE;
    }
    if (job->body_size > 0) {
        rc = map(fds[used++], job->body_size, PROT_READ, &io->body);
        if (rc < 0) {
            if (used < count)
                close(fds[used]);
            return rc;
        }
    }
    if (job->result_size > 0)
        return map(fds[used], job->result_size, PROT_READ | PROT_WRITE,
                   &io->result);
    return 0;
}

static sl_job *find(const sl_job_entry *jobs, const char *name)
{
    for (; jobs->name != NULL; jobs++)
        if (strcmp(jobs->name, name) == 0)
            return jobs->job;
    return NULL;
}

static int run(const desk *desk, int fds[], int fd_count)
{
    const sl__wire_job *request = &desk->message->job;
    sl_job_io io = {
        .in = desk->message->in,
        .in_size = request->in_size,
        .out = desk->out,
        .out_capacity = request->out_capacity,
        .body.fd = -1,
        .result.fd = -1,
    };
    int rc = map_both(request, fds, fd_count, &io);

    if (rc == 0) {
        sl_job *job = find(desk->options->jobs, request->name);

        rc = job != NULL ? job(&io) : -ENOSYS;
    }
    /* Not more than there is room for: an error of the job, told as one. */
    if (rc > 0 && (size_t)rc > io.out_capacity)
        rc = -EMSGSIZE;
    unmap(&io.body);
    unmap(&io.result);
    return rc;
}

/* 1, 0 at the end of the channel, or an error. */
static int serve_one(const desk *desk)
{
    sl__wire_answer answer = { 0 };
    int fds[2], fd_count = 2;
    ssize_t n;

    n = sl__wire_receive(SL_WORKER_CHANNEL, 0, desk->message,
                         sizeof *desk->message, fds, &fd_count);
    if (n <= 0)
        return (int)n;
    if ((size_t)n != sizeof desk->message->job + desk->message->job.in_size)
        return -EPROTO;
    answer.id = desk->message->job.id;
    answer.rc = run(desk, fds, fd_count);
    n = sl__wire_send(SL_WORKER_CHANNEL, &answer, sizeof answer, desk->out,
                      answer.rc > 0 ? (size_t)answer.rc : 0, NULL, 0);
    return n < 0 ? (int)n : 1;
}

static int say_ready(int rc)
{
    sl__wire_answer ready = { .rc = rc };

    return sl__wire_send(SL_WORKER_CHANNEL, &ready, sizeof ready, note,
                         strlen(note), NULL, 0);
}

int sl__worker_serve(const sl_worker_options *options)
{
    desk desk = { .options = options };
    int rc = 0;

    desk.message = malloc(sizeof *desk.message);
    desk.out = malloc(SL_JOB_INLINE_MAX);
    if (desk.message == NULL || desk.out == NULL)
        rc = -ENOMEM;
    if (rc == 0 && options->enter != NULL)
        rc = options->enter();
    if (say_ready(rc) < 0 || rc < 0)
        return 1;
    do {
        rc = serve_one(&desk);
    } while (rc > 0);
    free(desk.message);
    free(desk.out);
    return rc < 0;
}
