/* A folder gives its names in no order, and a run has to have one: it decides
 * which of two pictures keeps its name and which becomes `-2`, and that must
 * not change with the file system. A million names are 50 MB, so no more than a
 * chunk of them is sorted in memory. Each chunk that is full goes to the spool
 * as a strip, sorted; then the strips are merged, through a window on each: 600
 * kB for a million names, in the same time as sorting all of them at once.
 *
 * What was left over from the last chunk is a strip, too, that is all window.
 * So is everything in a usual folder, or where the spool has no room.
 */
#include "source/listing.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW_SIZE = 4096 };

_Static_assert((int)WINDOW_SIZE > (int)NAME_MAX, "a name fits into a window");

/* Sorted names, each with its NUL. */
typedef struct strip {
    char *window;
    size_t used, size; /* of the window: names taken; bytes in it */
    off_t at, end;     /* of the spool: what the window has not seen */
} strip;

struct listing {
    listing_spool *spool;
    off_t begin; /* of our part of it */
    /* The chunk: names as they come, and where each begins. */
    char *text;
    size_t text_size, text_room;
    size_t *places, count, places_room;
    /* Once they are merged: a heap, the first name on top. */
    strip *strips;
    size_t strip_count, strips_room;
    bool is_given; /* the name on top has been taken */
};

/* The array with room for `n` more of what takes `size` bytes each, which may
 * have moved; NULL: no memory. */
static void *make_room(void *array, size_t *room, size_t count, size_t n,
                       size_t size)
{
    size_t wanted = *room > 0 ? *room : 64;
    void *grown = array;

    while (wanted - count < n)
        wanted *= 2;
    if (wanted != *room)
        grown = reallocarray(array, wanted, size);
    if (grown != NULL)
        *room = wanted;
    return grown;
}

static int add_name(listing *l, const char *name)
{
    size_t size = strlen(name) + 1;
    char *text = make_room(l->text, &l->text_room, l->text_size, size, 1);
    size_t *places;

    if (text == NULL)
        return -ENOMEM;
    l->text = text;
    places =
        make_room(l->places, &l->places_room, l->count, 1, sizeof *l->places);
    if (places == NULL)
        return -ENOMEM;
    l->places = places;
    l->places[l->count++] = l->text_size;
    memcpy(l->text + l->text_size, name, size);
    l->text_size += size;
    return 0;
}

static int compare_names(const void *a, const void *b, void *text)
{
    return strcmp((char *)text + *(const size_t *)a,
                  (char *)text + *(const size_t *)b);
}

/* The chunk's names in order, each with its NUL; NULL: no memory. */
static char *sort_chunk(listing *l)
{
    char *sorted = malloc(l->text_size), *at = sorted;

    if (sorted == NULL)
        return NULL;
    qsort_r(l->places, l->count, sizeof *l->places, compare_names, l->text);
    for (size_t i = 0; i < l->count; i++)
        at = stpcpy(at, l->text + l->places[i]) + 1;
    return sorted;
}

static int add_strip(listing *l, strip strip)
{
    void *strips = make_room(l->strips, &l->strips_room, l->strip_count, 1,
                             sizeof *l->strips);

    if (strips == NULL)
        return -ENOMEM;
    l->strips = strips;
    l->strips[l->strip_count++] = strip;
    return 0;
}

/* All of it, or false: then it is as if nothing had been written. */
static bool write_to_spool(listing_spool *spool, const char *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pwrite(spool->fd, data + done, size - done,
                           spool->end + (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* A chunk for which the spool has no room goes on growing. */
static int spool_chunk(listing *l)
{
    listing_spool *spool = l->spool;
    char *sorted = sort_chunk(l);
    int rc = 0;

    if (sorted == NULL)
        return -ENOMEM;
    if (write_to_spool(spool, sorted, l->text_size)) {
        rc = add_strip(l, (strip){ .at = spool->end,
                                   .end = spool->end + (off_t)l->text_size });
        spool->end += (off_t)l->text_size;
        l->text_size = l->count = 0;
    } else {
        spool->is_full = true;
    }
    free(sorted);
    return rc;
}

static int read_names(listing *l, DIR *dir)
{
    const struct dirent *entry;
    int rc = 0;

    while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;

        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        rc = add_name(l, name);
        if (rc == 0 && l->spool->fd != 0 && !l->spool->is_full &&
            l->text_size + l->count * sizeof *l->places >= LISTING_MEMORY)
            rc = spool_chunk(l);
    }
    return rc < 0 ? rc : -errno;
}

static int end_chunk(listing *l)
{
    char *sorted = l->count > 0 ? sort_chunk(l) : NULL;
    int rc = 0;

    if (sorted != NULL)
        rc = add_strip(l, (strip){ .window = sorted, .size = l->text_size });
    else if (l->count > 0)
        rc = -ENOMEM;
    if (rc < 0)
        free(sorted);
    free(l->text);
    free(l->places);
    l->text = NULL;
    l->places = NULL;
    return rc;
}

/* What is left in the window moves to its front, since a name may be cut. */
static int fill_window(const listing *l, strip *strip)
{
    size_t left = strip->size - strip->used, room = WINDOW_SIZE - left;
    ssize_t n;

    if (strip->window == NULL)
        strip->window = malloc(WINDOW_SIZE);
    if (strip->window == NULL)
        return -ENOMEM;
    memmove(strip->window, strip->window + strip->used, left);
    if ((off_t)room > strip->end - strip->at)
        room = (size_t)(strip->end - strip->at);
    do
        n = pread(l->spool->fd, strip->window + left, room, strip->at);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n < 0 ? -errno : -EIO;
    strip->used = 0;
    strip->size = left + (size_t)n;
    strip->at += n;
    return 0;
}

/* 1 if there is a whole name in the window, 0 at the strip's end. */
static int see_name(const listing *l, strip *strip)
{
    for (;;) {
        size_t left = strip->size - strip->used;
        int rc;

        if (left > 0 && memchr(strip->window + strip->used, '\0', left) != NULL)
            return 1;
        if (strip->at == strip->end)
            return 0;
        rc = fill_window(l, strip);
        if (rc < 0)
            return rc;
    }
}

static const char *name_of(const strip *strip)
{
    return strip->window + strip->used;
}

static void sift_down(listing *l, size_t at)
{
    strip moved = l->strips[at];
    size_t child;

    while ((child = 2 * at + 1) < l->strip_count) {
        if (child + 1 < l->strip_count &&
            strcmp(name_of(&l->strips[child + 1]), name_of(&l->strips[child])) <
                0)
            child++;
        if (strcmp(name_of(&moved), name_of(&l->strips[child])) <= 0)
            break;
        l->strips[at] = l->strips[child];
        at = child;
    }
    l->strips[at] = moved;
}

/* See the first name of each strip, and the first of those on top. */
static int begin_merging(listing *l)
{
    for (size_t i = 0; i < l->strip_count; i++) {
        int rc = see_name(l, &l->strips[i]);

        if (rc < 0)
            return rc;
    }
    for (size_t i = l->strip_count / 2; i-- > 0;)
        sift_down(l, i);
    return 0;
}

/* Go on behind the name on top. */
static int take_top(listing *l)
{
    strip *top = &l->strips[0];
    int rc;

    top->used += strlen(name_of(top)) + 1;
    rc = see_name(l, top);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        free(top->window);
        *top = l->strips[--l->strip_count];
    }
    if (l->strip_count > 0)
        sift_down(l, 0);
    return 0;
}

int listing_open(const char *folder, listing_spool *spool, listing **out)
{
    listing *made = calloc(1, sizeof *made);
    DIR *dir = made != NULL ? opendir(folder) : NULL;
    int rc = made == NULL ? -ENOMEM : dir == NULL ? -errno : 0;

    if (rc == 0) {
        made->spool = spool;
        made->begin = spool->end;
        rc = read_names(made, dir);
        closedir(dir);
    }
    if (rc == 0)
        rc = end_chunk(made);
    if (rc == 0)
        rc = begin_merging(made);
    if (rc == 0)
        *out = made;
    else
        listing_close(made);
    return rc;
}

int listing_next(listing *l, const char **name)
{
    int rc = l->is_given ? take_top(l) : 0;

    l->is_given = false;
    if (rc < 0 || l->strip_count == 0)
        return rc;
    l->is_given = true;
    *name = name_of(&l->strips[0]);
    return 1;
}

void listing_close(listing *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->strip_count; i++)
        free(l->strips[i].window);
    if (l->spool != NULL)
        l->spool->end = l->begin;
    free(l->strips);
    free(l->text);
    free(l->places);
    free(l);
}
