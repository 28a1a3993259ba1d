/* A worker that gives the bytes of a picture back, or never answers. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <starling/worker.h>

#include "worker/job.h"

/* Say in a file that we are at it, and stay so. */
static int hang(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    close(fd);
    while (pause() < 0) /* until it is killed */
        continue;
    return 0;
}

/* A body is a text: "hang PATH", "much" for an answer that fits nowhere, or
 * what is to come back. */
static int answer(const sl_job_io *io)
{
    const job_request *request = io->in;
    const char *body = (const char *)(request + 1);
    job_answer made = { .verdict = JOB_GOOD };

    if (strncmp(body, "hang ", 5) == 0)
        return hang(body + 5);
    if (strcmp(body, "much") == 0)
        return -ENOSPC;
    memcpy(io->out, &made, sizeof made);
    memcpy((char *)io->out + sizeof made, body, request->body_size);
    return (int)(sizeof made + request->body_size);
}

static const sl_job_entry jobs[] = { { JOB_PICTURE, answer }, { NULL, NULL } };

int main(int argc, char **argv)
{
    return sl_worker_main(argc, argv, &(sl_worker_options){ .jobs = jobs });
}
