/* bare_loop [-s] [-o WORK] [-p PROCESSES] [-r ROUNDS] FOLDER FILE...
 *
 * The floor under the tool's figures: the same pictures decoded, worked on,
 * encoded and written by forked processes that take one file after the other,
 * with nothing around it: no download, no sandbox, no states, no report. WORK
 * is stars unless it is thumbs3 (32, 64 and 200 wide), 256 (into a box of that
 * side) or edges. The work is the tool's own, called directly, so that the
 * quotient of both times is what the runtime and the isolation cost. With -s
 * it is done without the tool's code: stars by plain SEP, thumbnails and edges
 * by libjpeg-turbo and straight loops. FOLDER - writes nothing.
 *
 * Prints one JSON object: the median, least and most wall time of the rounds.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plain_sep.h"
#include "plain_thumbs.h"
#include "worker/job.h"
#include "worker/picture_job.h"
#include "worker/warm_up.h"

enum { ROUNDS_MAX = 99, RESULT_SIZE = 512 << 20 };

typedef struct shared {
    atomic_int next;   /* file that nobody has taken yet */
    atomic_int ready;  /* processes that wait for the start */
    atomic_int failed; /* files */
    atomic_llong stars;
} shared;

typedef struct settings {
    bool plain;
    const char *work;
    job_request request;
    int processes, rounds;
    const char *folder;
    char **files;
    int file_count;
} settings;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int map_file(const char *path, sl_shm *body)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) < 0 || info.st_size == 0)
        return -1;
    body->size = (size_t)info.st_size;
    body->fd = -1;
    body->data =
        mmap(NULL, body->size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    close(fd);
    return body->data == MAP_FAILED ? -1 : 0;
}

static FILE *create(const settings *settings, const char *path,
                    const char *suffix)
{
    const char *slash = strrchr(path, '/');
    char name[4096];

    snprintf(name, sizeof name, "%s/detected_%s%s", settings->folder,
             slash == NULL ? path : slash + 1, suffix);
    return fopen(name, "wb");
}

static int write_stars(const settings *settings, const char *path,
                       const job_star *stars, uint32_t count)
{
    FILE *file = create(settings, path, ".csv");

    if (file == NULL)
        return -1;
    for (uint32_t i = 0; i < count; i++)
        fprintf(file, "%.3f,%.3f,%.2f,%.2f,%.2f,%.2f,%.2f,%.3f,%.1f,%u\n",
                stars[i].x, stars[i].y, (double)stars[i].flux,
                (double)stars[i].peak, (double)stars[i].fwhm,
                (double)stars[i].a, (double)stars[i].b, (double)stars[i].theta,
                (double)stars[i].snr, stars[i].flags);
    return fclose(file);
}

static int write_picture(const settings *settings, const char *path,
                         const char *suffix, const void *data, size_t size)
{
    FILE *file;
    bool whole;

    if (strcmp(settings->folder, "-") == 0)
        return 0;
    file = create(settings, path, suffix);
    if (file == NULL)
        return -1;
    whole = fwrite(data, 1, size, file) == size;
    return fclose(file) == 0 && whole ? 0 : -1;
}

static int write_outputs(const settings *settings, const char *path,
                         const job_answer *answer, const uint8_t *memory)
{
    for (uint32_t i = 0; i < answer->output_count; i++) {
        const job_output *made = &answer->outputs[i];
        char suffix[32] = "";

        if (made->kind == JOB_PREVIEW)
            continue;
        if (made->kind == JOB_THUMB)
            snprintf(suffix, sizeof suffix, "_%u.jpg", made->width);
        if (write_picture(settings, path, suffix, memory + made->offset,
                          made->size) != 0)
            return -1;
    }
    return 0;
}

/* As the tool does it. Returns how many stars or pictures, or -1. */
static int work_with_tool(const settings *settings, const char *path,
                          const sl_shm *body, void *memory)
{
    job_request request = settings->request;
    job_answer answer;
    sl_job_io io = { .in = &request,
                     .in_size = sizeof request,
                     .out = &answer,
                     .out_capacity = sizeof answer,
                     .body = *body,
                     .result = { .data = memory, .size = RESULT_SIZE } };

    request.body_size = body->size;
    if (worker_picture(&io) < 0 || answer.verdict != JOB_GOOD ||
        write_outputs(settings, path, &answer, memory) != 0)
        return -1;
    if ((request.operations & JOB_DO_STARS) == 0)
        return (int)answer.output_count;
    return write_stars(settings, path, memory, answer.star_count) == 0
               ? (int)answer.star_count
               : -1;
}

/* False for a word that means no work. */
static bool choose_work(const char *word, job_request *request)
{
    *request = (job_request){ .max_pixels = 100 << 20 };
    if (strcmp(word, "stars") == 0) {
        request->operations = JOB_DO_STARS;
        request->draw = true;
    } else if (strcmp(word, "thumbs3") == 0) {
        request->operations = JOB_DO_THUMBS;
        request->thumbs = (job_thumbs){
            .count = 3,
            .boxes = { { .width = 32 }, { .width = 64 }, { .width = 200 } }
        };
    } else if (strcmp(word, "256") == 0) {
        request->operations = JOB_DO_THUMBS;
        request->quality = 95;
        request->thumbs = (job_thumbs){ .count = 1, .boxes = { { 256, 256 } } };
    } else if (strcmp(word, "edges") == 0) {
        request->operations = JOB_DO_EDGES;
        request->edge_threshold = 30;
    } else {
        return false;
    }
    return true;
}

typedef struct writing {
    const settings *settings;
    const char *path;
    int count;
} writing;

static int write_one(void *context, int width, const uint8_t *data, size_t size)
{
    writing *writing = context;
    char suffix[32];

    snprintf(suffix, sizeof suffix, "_%d.jpg", width);
    writing->count++;
    return write_picture(writing->settings, writing->path, suffix, data, size);
}

/* Returns how many pictures, or -1. */
static int make_plainly(const settings *settings, const char *path,
                        const sl_shm *body)
{
    static const int widths[] = { 200, 64, 32 };
    writing writing = { settings, path, 0 };
    int rc;

    if (strcmp(settings->work, "edges") == 0)
        rc = plain_edges(body->data, body->size, 30, 85, write_one, &writing);
    else if (strcmp(settings->work, "256") == 0)
        rc = plain_thumbs(body->data, body->size, widths, 1, 256, 95, write_one,
                          &writing);
    else
        rc = plain_thumbs(body->data, body->size, widths, 3, 0, 85, write_one,
                          &writing);
    return rc < 0 ? -1 : writing.count;
}

static int find_plainly(const settings *settings, const char *path,
                        const sl_shm *body, void *memory)
{
    size_t size;
    int stars;

    if (strcmp(settings->work, "stars") != 0)
        return make_plainly(settings, path, body);
    stars = plain_sep(body->data, body->size, memory, RESULT_SIZE, &size);

    if (stars >= 0 && write_picture(settings, path, "", memory, size) != 0)
        return -1;
    return stars;
}

static void work(const settings *settings, shared *shared, void *memory)
{
    int i;

    while ((i = atomic_fetch_add(&shared->next, 1)) < settings->file_count) {
        const char *path = settings->files[i];
        sl_shm body;
        int stars = -1;

        if (map_file(path, &body) == 0) {
            stars = settings->plain
                        ? find_plainly(settings, path, &body, memory)
                        : work_with_tool(settings, path, &body, memory);
            munmap(body.data, body.size);
        }
        if (stars < 0)
            atomic_fetch_add(&shared->failed, 1);
        else
            atomic_fetch_add(&shared->stars, stars);
    }
}

/* A child waits until the pipe's other end is closed: that is the start. */
static void run_child(const settings *settings, shared *shared, int start)
{
    void *memory = mmap(NULL, RESULT_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char end;

    if (memory == MAP_FAILED || worker_warm_up() < 0)
        _exit(1);
    atomic_fetch_add(&shared->ready, 1);
    while (read(start, &end, 1) < 0)
        continue;
    work(settings, shared, memory);
    _exit(0);
}

/* Returns the wall time of one round, or -1. */
static double run_round(const settings *settings, shared *shared)
{
    int start[2], status, failed = 0;
    double began;

    atomic_store(&shared->next, 0);
    atomic_store(&shared->ready, 0);
    atomic_store(&shared->stars, 0);
    if (pipe(start) < 0)
        return -1;
    for (int i = 0; i < settings->processes; i++) {
        pid_t pid = fork();

        if (pid < 0)
            return -1;
        if (pid == 0) {
            close(start[1]);
            run_child(settings, shared, start[0]);
        }
    }
    close(start[0]);
    while (atomic_load(&shared->ready) < settings->processes)
        usleep(200);
    began = now_s();
    close(start[1]);
    for (int i = 0; i < settings->processes; i++)
        if (wait(&status) < 0 || status != 0)
            failed++;
    return failed > 0 ? -1 : now_s() - began;
}

static int by_value(const void *a, const void *b)
{
    const double *first = a, *second = b;

    return (*first > *second) - (*first < *second);
}

static int run_rounds(const settings *settings)
{
    double times[ROUNDS_MAX];
    struct rusage usage;
    shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED)
        return 1;
    for (int i = 0; i < settings->rounds; i++) {
        times[i] = run_round(settings, shared);
        if (times[i] < 0 || atomic_load(&shared->failed) > 0) {
            fprintf(stderr, "bare_loop: %d files failed\n",
                    atomic_load(&shared->failed));
            return 1;
        }
    }
    getrusage(RUSAGE_CHILDREN, &usage);
    qsort(times, (size_t)settings->rounds, sizeof *times, by_value);
    printf("{\"work\": \"%s\", \"processes\": %d, \"files\": %d, "
           "\"stars\": %lld, \"work_s\": %.3f, \"least_s\": %.3f, "
           "\"most_s\": %.3f, \"cpu_s\": %.3f}\n",
           settings->work, settings->processes, settings->file_count,
           atomic_load(&shared->stars), times[settings->rounds / 2], times[0],
           times[settings->rounds - 1],
           ((double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6) /
               settings->rounds);
    return 0;
}

int main(int argc, char **argv)
{
    settings settings = { .work = "stars",
                          .processes = (int)sysconf(_SC_NPROCESSORS_ONLN),
                          .rounds = 1 };
    int option;

    while ((option = getopt(argc, argv, "so:p:r:")) != -1) {
        if (option == 's')
            settings.plain = true;
        else if (option == 'o')
            settings.work = optarg;
        else if (option == 'p')
            settings.processes = atoi(optarg);
        else if (option == 'r')
            settings.rounds = atoi(optarg);
        else
            optind = argc;
    }
    if (argc - optind < 2 || settings.processes < 1 || settings.rounds < 1 ||
        settings.rounds > ROUNDS_MAX ||
        !choose_work(settings.work, &settings.request)) {
        fprintf(stderr, "usage: bare_loop [-s] [-o stars|thumbs3|256|edges] "
                        "[-p PROCESSES] [-r ROUNDS] FOLDER FILE...\n");
        return 2;
    }
    settings.folder = argv[optind];
    settings.files = argv + optind + 1;
    settings.file_count = argc - optind - 1;
    return run_rounds(&settings);
}
