/* star_lists [--sep] OUT PICTURE...: the stars of each picture as OUT/NAME.csv.
 *
 * For scorers that read lists. stdout gets a line a picture: name, CPU seconds
 * of the detection alone, megapixels. Decoding is left out, since every finder
 * that a list may be held against needs its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "worker/decode.h"
#include "worker/detect.h"

static int map_file(const char *path, decode_source *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
    struct stat st;
    void *data;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0) {
        rc = -errno;
        goto out;
    }
    data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        rc = -errno;
        goto out;
    }
    *out = (decode_source){ .data = data,
                            .size = (size_t)st.st_size,
                            .max_pixels = 200 << 20,
                            .need_light = true };
out:
    close(fd);
    return rc;
}

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int write_list(const char *path, const detections *found)
{
    FILE *f = fopen(path, "w");

    if (f == NULL)
        return -errno;
    fprintf(f, "x,y,flux,peak,fwhm,a,b,snr,flags\n");
    for (uint32_t i = 0; i < found->count; i++) {
        const job_star *s = &found->stars[i];

        fprintf(f, "%.3f,%.3f,%.2f,%.2f,%.2f,%.2f,%.2f,%.1f,%u\n", s->x, s->y,
                (double)s->flux, (double)s->peak, (double)s->fwhm, (double)s->a,
                (double)s->b, (double)s->snr, s->flags);
    }
    return fclose(f) == 0 ? 0 : -errno;
}

/* The file's name without folder and extension. */
static void stem_of(const char *path, char stem[256])
{
    const char *slash = strrchr(path, '/');
    char *dot;

    snprintf(stem, 256, "%s", slash == NULL ? path : slash + 1);
    dot = strrchr(stem, '.');
    if (dot != NULL)
        *dot = '\0';
}

static int list_stars(const char *folder, const char *path,
                      enum job_detector detector, workspace *ws)
{
    char stem[256], name[4096];
    decode_source source;
    refusal why = { "" };
    detections found;
    uint32_t format;
    double start;
    picture p = { 0 };
    int rc = map_file(path, &source);

    if (rc < 0)
        return rc;
    if (decode_picture(&source, ws, &format, &p, &why) != JOB_GOOD) {
        munmap((void *)source.data, source.size);
        fprintf(stderr, "%s: %s\n", path, why.reason);
        return -EBADMSG;
    }
    munmap((void *)source.data, source.size);
    stem_of(path, stem);
    rc = picture_need_planes(&p, ws);
    if (rc < 0)
        return rc;
    start = cpu_seconds();
    rc = detect_picture(&p, ws, &(job_request){ .detector = detector }, &found);
    if (rc < 0)
        return rc;
    printf("%s\t%.4f\t%.4f\t%.2f\t%s\n", stem, cpu_seconds() - start,
           p.width * (double)p.height * 1e-6, (double)found.star_fwhm,
           job_field_reason(found.no_star_field));
    snprintf(name, sizeof name, "%s/%s.csv", folder, stem);
    return write_list(name, &found);
}

int main(int argc, char **argv)
{
    bool by_sep = argc > 1 && strcmp(argv[1], "--sep") == 0;
    workspace ws;

    if (argc < 3 + by_sep) {
        fprintf(stderr, "usage: star_lists [--sep] OUT PICTURE...\n");
        return 2;
    }
    if (workspace_init(&ws) < 0)
        return 1;
    for (int i = 2 + by_sep; i < argc; i++) {
        int rc = list_stars(argv[1 + by_sep], argv[i],
                            by_sep ? JOB_DETECTOR_SEP : JOB_DETECTOR_OWN, &ws);

        if (rc < 0) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(-rc));
            return 1;
        }
    }
    workspace_fini(&ws);
    return 0;
}
