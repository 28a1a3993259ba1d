/* A folder of pictures behind the service.
 *
 * The path comes from outside, so the kernel is asked to keep the look-up below
 * the folder (openat2, RESOLVE_BENEATH): no check of the text could see a link
 * that leads out, or one that is put there between the check and the use.
 */
#include "origin/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *extension, *type;
    bool is_picture;
} types[] = {
    { ".jpg", "image/jpeg", true },
    { ".jpeg", "image/jpeg", true },
    { ".png", "image/png", true },
    { ".gif", "image/gif", true },
    { ".webp", "image/webp", true },
    { ".fits", "image/fits", true },
    { ".tif", "image/tiff", true },
    { ".tiff", "image/tiff", true },
    { ".heic", "image/heic", true },
    { ".heif", "image/heif", true },
    { ".avif", "image/avif", true },
    { ".fit", "image/fits", true },
    { ".fts", "image/fits", true },
    { ".fz", "image/fits", true },
    { ".fits.gz", "application/gzip", true },
    { ".fit.gz", "application/gzip", true },
    { ".fits.bz2", "application/x-bzip2", true },
    { ".fits.zst", "application/zstd", true },
    { ".html", "text/html", false },
    { ".txt", "text/plain", false },
    { ".json", "application/json", false },
};

static int type_index(const char *path)
{
    size_t length = strlen(path);

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t n = strlen(types[i].extension);

        if (length >= n &&
            strcasecmp(path + length - n, types[i].extension) == 0)
            return (int)i;
    }
    return -1;
}

const char *origin_content_type(const char *path)
{
    int i = type_index(path);

    return i < 0 ? "application/octet-stream" : types[i].type;
}

int origin_folder_file(int dir, const char *path, uint64_t *size)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                            .resolve =
                                RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    struct stat info;
    int fd;

    path += strspn(path, "/");
    if (path[0] == '.' || strstr(path, "/.") != NULL)
        return -ENOENT;
    fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return -ENOENT;
    }
    *size = (uint64_t)info.st_size;
    return fd;
}

static int is_picture(const struct dirent *entry)
{
    int i = type_index(entry->d_name);

    return entry->d_name[0] != '.' && i >= 0 && types[i].is_picture;
}

/* "/name" with everything escaped that has a meaning in a URL. */
static void write_url(const char *name, char *url)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-._~";

    *url++ = '/';
    for (; *name != '\0'; name++) {
        if (strchr(plain, *name) != NULL)
            *url++ = *name;
        else
            url += sprintf(url, "%%%02X", (unsigned char)*name);
    }
    *url = '\0';
}

/* One day after the other from 1 January 2000: the files have no dates that
 * mean anything here, and the service knows days by nothing else. */
static void write_date(size_t index, char date[11])
{
    time_t when = 946684800 + (time_t)index * 86400;
    struct tm tm;

    gmtime_r(&when, &tm);
    strftime(date, 11, "%Y-%m-%d", &tm);
}

static size_t describe(const char *name, size_t index, char *at,
                       origin_day *day)
{
    char *date = at, *url = date + 11, *title = url + 1;
    char *end;

    write_date(index, date);
    write_url(name, url);
    end = url + strlen(url) + 1;
    /* Most names are their own in a URL, too. */
    if (strcmp(title, name) != 0) {
        title = end;
        end = stpcpy(title, name) + 1;
    }
    *day = (origin_day){ .date = date,
                         .title = title,
                         .explanation = "",
                         .media_type = "image",
                         .url = url,
                         .hdurl = url };
    return (size_t)(end - at);
}

static int make_days(struct dirent **entries, size_t count,
                     origin_folder_days *out)
{
    size_t room = 1, used = 0;

    for (size_t i = 0; i < count; i++)
        room += 4 * strlen(entries[i]->d_name) + 16;
    out->days = calloc(count + 1, sizeof *out->days);
    out->strings = malloc(room);
    out->count = count;
    if (out->days == NULL || out->strings == NULL) {
        origin_folder_days_free(out);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        used +=
            describe(entries[i]->d_name, i, out->strings + used, &out->days[i]);
    return 0;
}

/* Bytes, not the locale's order: the same list everywhere. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int origin_folder_list(int dir, origin_folder_days *out)
{
    struct dirent **entries = NULL;
    int count = scandirat(dir, ".", &entries, is_picture, by_name), rc;

    *out = (origin_folder_days){ 0 };
    if (count < 0)
        return -errno;
    rc = make_days(entries, (size_t)count, out);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    malloc_trim(0); /* of a million names they were as much as what is kept */
    return rc;
}

void origin_folder_days_free(origin_folder_days *days)
{
    free(days->days);
    free(days->strings);
    *days = (origin_folder_days){ 0 };
}
