/* The thumbnail service: its folders, its log, and the thumbnails of one
 * picture. thumbnail_modes.c has the five ways to get through many. */
#include "thumbnails.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <starling/error.h>

#include "picture.h"
#include "program.h"

static const int widths[THUMBNAIL_WIDTHS] = { 32, 64, 200 };

/* Whole numbers: in doubles some exact ratios come out just below one, and a
 * square of 947 pixels would get a thumbnail of 32 x 31. */
static int height_for(const picture *picture, int width)
{
    int height = (int)((int64_t)picture->height * width / picture->width);

    return height > 0 ? height : 1;
}

static int make_one(const source *source, const picture *original, int width)
{
    char path[2 * SERVICE_PATH];
    picture small = { 0 };
    int rc =
        picture_resize(&small, original, width, height_for(original, width));

    snprintf(path, sizeof path, "%s/%s_%d%s", source->outgoing, source->stem,
             width, source->suffix);
    if (rc == 0)
        rc = picture_save(&small, path);
    picture_fini(&small);
    return rc;
}

int resize_job(const void *in, size_t in_size, void *out, size_t capacity)
{
    const source *source = in;
    picture original;
    int rc = picture_load(&original, source->path);

    (void)in_size;
    (void)out;
    (void)capacity;
    if (rc < 0)
        return rc;
    for (int i = 0; i < THUMBNAIL_WIDTHS && rc == 0; i++)
        rc = make_one(source, &original, widths[i]);
    picture_fini(&original);
    if (rc == 0 && unlink(source->path) < 0)
        rc = -errno;
    return rc;
}

/* The last part of the URL's path, split at its suffix. */
static void name_source(source *source, const char *url)
{
    size_t length = strcspn(url, "?#");
    const char *end = url + length, *begin = end, *dot = NULL;

    while (begin > url && begin[-1] != '/')
        begin--;
    for (const char *p = begin; p < end; p++)
        if (*p == '.')
            dot = p;
    if (dot == NULL || dot == begin || end - dot >= (long)sizeof source->suffix)
        dot = end;
    snprintf(source->stem, sizeof source->stem, "%.*s", (int)(dot - begin),
             begin);
    snprintf(source->suffix, sizeof source->suffix, "%.*s", (int)(end - dot),
             dot);
    if (source->stem[0] == '\0')
        strcpy(source->stem, "picture");
}

/* Two URLs that end alike must not overwrite each other's files. */
static void tell_apart(source *sources, int at)
{
    char stem[sizeof sources[0].stem];
    int number = 1;

    strcpy(stem, sources[at].stem);
    for (int i = 0; i < at; i++)
        if (strcmp(sources[i].stem, sources[at].stem) == 0) {
            snprintf(sources[at].stem, sizeof sources[at].stem, "%.100s-%d",
                     stem, ++number);
            i = -1; /* the new name may be taken, too */
        }
}

static int make_folder(const char *path)
{
    return mkdir(path, 0777) < 0 && errno != EEXIST
               ? sl_fail(-errno, "%s: %s", path, strerror(errno))
               : 0;
}

int service_open(service *service, const char *home, const char *const *urls,
                 int count)
{
    char incoming[SERVICE_PATH], outgoing[SERVICE_PATH], log[SERVICE_PATH];
    int rc;

    if (strlen(home) > SERVICE_PATH / 2)
        return -ENAMETOOLONG;
    *service = (struct service){ .urls = urls, .count = count };
    snprintf(incoming, sizeof incoming, "%s/incoming", home);
    snprintf(outgoing, sizeof outgoing, "%s/outgoing", home);
    snprintf(log, sizeof log, "%s/thumbnail_maker.log", home);
    rc = make_folder(home);
    if (rc == 0)
        rc = make_folder(incoming);
    if (rc == 0)
        rc = make_folder(outgoing);
    if (rc < 0)
        return rc;
    service->sources = calloc((size_t)count + 1, sizeof(source));
    service->log = fopen(log, "ae");
    if (service->sources == NULL || service->log == NULL) {
        service_close(service);
        return sl_fail(-EIO, "%s cannot be written", log);
    }
    for (int i = 0; i < count; i++) {
        source *source = &service->sources[i];

        name_source(source, urls[i]);
        tell_apart(service->sources, i);
        strcpy(source->outgoing, outgoing);
        snprintf(source->path, sizeof source->path, "%.300s/%s%s", incoming,
                 source->stem, source->suffix);
    }
    return 0;
}

void service_close(service *service)
{
    free(service->sources);
    if (service->log != NULL)
        fclose(service->log);
}

void service_log(service *service, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(service->log, format, args);
    va_end(args);
    fputc('\n', service->log);
    fflush(service->log);
}
