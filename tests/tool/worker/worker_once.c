/* worker_once FILE [MARKED.jpg [STARS.csv]]: the job "stars" on one file, in
 * this process and without a sandbox, to try pictures by hand. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "worker/job.h"
#include "worker/picture_job.h"

#define RESULT_SIZE ((size_t)1 << 30)

static int map_file(const char *path, sl_shm *body, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    *size = (size_t)st.st_size;
    body->size = *size;
    body->data = NULL;
    if (*size > 0) {
        body->data = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (body->data == MAP_FAILED)
            return -errno;
    }
    body->fd = fd;
    return 0;
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    int rc = f == NULL ? -errno : 0;

    if (f != NULL && fwrite(data, 1, size, f) != size)
        rc = -EIO;
    if (f != NULL && fclose(f) != 0)
        rc = -errno;
    return rc;
}

static int write_stars(const char *path, const job_star *stars, uint32_t count)
{
    FILE *f = fopen(path, "w");
    uint32_t i;

    if (f == NULL)
        return -errno;
    fprintf(f, "x,y,flux,peak,fwhm,a,b,theta,snr,flags\n");
    for (i = 0; i < count; i++) {
        const job_star *s = &stars[i];

        fprintf(f, "%.3f,%.3f,%.2f,%.2f,%.2f,%.2f,%.2f,%.3f,%.1f,%u\n", s->x,
                s->y, s->flux, s->peak, s->fwhm, s->a, s->b, s->theta, s->snr,
                s->flags);
    }
    return fclose(f) == 0 ? 0 : -errno;
}

int main(int argc, char **argv)
{
    job_request request = { .max_pixels = 200u << 20,
                            .operations = JOB_DO_STARS,
                            .draw = true };
    job_answer answer = { 0 };
    sl_job_io io = { .in = &request,
                     .in_size = sizeof(request),
                     .out = &answer,
                     .out_capacity = sizeof(answer) };
    size_t size = 0;
    const job_output *marked;
    double start;
    int rc;

    if (argc < 2 || (rc = map_file(argv[1], &io.body, &size)) < 0)
        return 2;
    request.body_size = size;
    io.result.size = RESULT_SIZE;
    io.result.data = mmap(NULL, RESULT_SIZE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (io.result.data == MAP_FAILED)
        return 1;
    start = now_ms();
    rc = worker_picture(&io);
    printf("%s: rc %d %s %ux%u stars %u %s %s background %.3g noise %.3g "
           "%.1f ms\n",
           argv[1], rc, job_verdict_name(answer.verdict), answer.width,
           answer.height, answer.star_count,
           job_field_reason(answer.no_star_field), answer.reason,
           answer.background, answer.noise, now_ms() - start);
    if (rc < 0 || !job_answer_check(&answer, (size_t)rc, RESULT_SIZE))
        return 1;
    marked = job_answer_output(&answer, JOB_MARKED, 0);
    if (argc > 2 && marked != NULL &&
        write_file(argv[2], (char *)io.result.data + marked->offset,
                   marked->size) < 0)
        return 1;
    if (argc > 3 && write_stars(argv[3], io.result.data, answer.star_count) < 0)
        return 1;
    return 0;
}
