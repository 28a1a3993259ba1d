/* star_lists [--sep | --terms] OUT PICTURE...: the stars of each picture as
 * OUT/NAME.csv; with --terms all that could be one, and what speaks for it, as
 * OUT/NAME.terms: floats, the first of which is how many a candidate has.
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

#include "worker/decode/decode.h"
#include "worker/stars/detect.h"
#include "worker/light/light.h"
#include "worker/stars/odds.h"

enum { HEAD = 3 }; /* what is written of a candidate before its terms */

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

/* Where it is, how much it stands out, and its terms. */
static void write_terms(void *file, const candidate *c,
                        const float terms[ODDS_TERMS])
{
    const float head[HEAD] = { c->fit.x, c->fit.y, c->z };

    if (c->dark)
        return;
    fwrite(head, sizeof(float), HEAD, file);
    fwrite(terms, sizeof(float), ODDS_TERMS, file);
}

/* All that is weighed, and with what. */
static int list_terms(const char *path, picture *p, workspace *ws)
{
    detect_options options = detect_options_of(p, &(job_request){ 0 });
    float *light = light_take(p, ws);
    FILE *f = fopen(path, "w");
    detections found;
    int rc;

    if (f == NULL || light == NULL) {
        rc = f == NULL ? -errno : -ENOMEM;
        if (f != NULL)
            fclose(f);
        return rc;
    }
    fwrite(&(float){ HEAD + ODDS_TERMS }, sizeof(float), 1, f);
    options.listener = &(odds_listener){ write_terms, f };
    rc = detect_stars(light, &options, ws, &found);
    return fclose(f) == 0 ? rc : -errno;
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

enum task { LIST_OWN, LIST_SEP, LIST_TERMS };

static int list_stars(const char *folder, const char *path, enum task task,
                      workspace *ws)
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
    snprintf(name, sizeof name, "%s/%s.%s", folder, stem,
             task == LIST_TERMS ? "terms" : "csv");
    if (task == LIST_TERMS)
        return list_terms(name, &p, ws);
    start = cpu_seconds();
    rc = detect_picture(&p, ws,
                        &(job_request){ .detector = task == LIST_SEP
                                                        ? JOB_DETECTOR_SEP
                                                        : JOB_DETECTOR_OWN },
                        &found);
    if (rc < 0)
        return rc;
    printf("%s\t%.4f\t%.4f\t%.2f\t%s\n", stem, cpu_seconds() - start,
           p.width * (double)p.height * 1e-6, (double)found.star_fwhm,
           job_field_reason(found.no_star_field));
    return write_list(name, &found);
}

int main(int argc, char **argv)
{
    enum task task = LIST_OWN;
    workspace ws;

    if (argc > 1 && strcmp(argv[1], "--sep") == 0)
        task = LIST_SEP;
    if (argc > 1 && strcmp(argv[1], "--terms") == 0)
        task = LIST_TERMS;
    argv += task != LIST_OWN;
    argc -= task != LIST_OWN;
    if (argc < 3) {
        fprintf(stderr, "usage: star_lists [--sep | --terms] OUT PICTURE...\n");
        return 2;
    }
    if (workspace_init(&ws) < 0)
        return 1;
    for (int i = 2; i < argc; i++) {
        int rc = list_stars(argv[1], argv[i], task, &ws);

        if (rc < 0) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(-rc));
            return 1;
        }
    }
    workspace_fini(&ws);
    return 0;
}
