/* Folders: listed in one go, in one block of memory, sorted, because the order
 * in which file systems tell names is nobody's. */
#include <starling/file.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/given.h"
#include "io/crew.h"
#include "io/failure.h"

struct making {
    const char *path;
    mode_t mode;
};

static int do_make(void *arg)
{
    struct making *a = arg;

    return mkdir(a->path, a->mode) < 0 ? -errno : 0;
}

int sl_folder_make(const char *path, mode_t mode)
{
    sl_given(path);

    struct making a = { path, mode };

    return sl__about(path, sl__on_own_thread(do_make, &a));
}

static int do_remove(void *arg)
{
    struct making *a = arg;

    return rmdir(a->path) < 0 ? -errno : 0;
}

int sl_folder_remove(const char *path)
{
    sl_given(path);

    struct making a = { path, 0 };

    return sl__about(path, sl__on_own_thread(do_remove, &a));
}

static int kind_of(unsigned char type)
{
    switch (type) {
    case DT_UNKNOWN:
        return 0;
    case DT_REG:
        return SL_ENTRY_FILE;
    case DT_DIR:
        return SL_ENTRY_FOLDER;
    case DT_LNK:
        return SL_ENTRY_LINK;
    default:
        return SL_ENTRY_OTHER;
    }
}

static int by_name(const void *one, const void *other)
{
    const sl_folder_entry *a = one, *b = other;

    return strcmp(a->name, b->name);
}

/* What was read so far: entries whose names are offsets into `names` until all
 * of them are there. */
typedef struct collection {
    sl_folder_entry *entries;
    size_t count, room;
    char *names;
    size_t size, names_room;
} collection;

static int grow(void **memory, size_t *room, size_t need, size_t each)
{
    size_t more = *room > 0 ? 2 * *room : 64;
    void *bigger;

    if (need <= *room)
        return 0;
    while (more < need)
        more *= 2;
    bigger = realloc(*memory, more * each);
    if (bigger == NULL)
        return -ENOMEM;
    *memory = bigger;
    *room = more;
    return 0;
}

static int collect(collection *c, const struct dirent *found)
{
    size_t size = strlen(found->d_name) + 1;
    void *entries = c->entries, *names = c->names;
    int rc = grow(&entries, &c->room, c->count + 1, sizeof *c->entries);

    c->entries = entries;
    if (rc == 0)
        rc = grow(&names, &c->names_room, c->size + size, 1);
    c->names = names;
    if (rc < 0)
        return rc;
    memcpy(c->names + c->size, found->d_name, size);
    c->entries[c->count++] = (sl_folder_entry){
        .name = (const char *)(uintptr_t)c->size,
        .kind = kind_of(found->d_type),
    };
    c->size += size;
    return 0;
}

static int read_folder(DIR *dir, collection *c)
{
    for (;;) {
        const struct dirent *found;
        int rc = 0;

        errno = 0;
        found = readdir(dir);
        if (found == NULL)
            return -errno;
        if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
            rc = collect(c, found);
        if (rc < 0)
            return rc;
    }
}

static int bring_together(const collection *c, sl_folder **out)
{
    size_t table = c->count * sizeof(sl_folder_entry);
    sl_folder *folder = malloc(sizeof *folder + table + c->size);
    char *names;

    if (folder == NULL)
        return -ENOMEM;
    folder->count = c->count;
    folder->entries = (sl_folder_entry *)(folder + 1);
    names = (char *)folder->entries + table;
    if (c->count > 0) {
        memcpy(folder->entries, c->entries, table);
        memcpy(names, c->names, c->size);
    }
    for (size_t i = 0; i < c->count; i++)
        folder->entries[i].name = names + (uintptr_t)folder->entries[i].name;
    qsort(folder->entries, c->count, sizeof folder->entries[0], by_name);
    *out = folder;
    return 0;
}

struct listing {
    const char *path;
    sl_folder *folder;
};

static int do_list(void *arg)
{
    struct listing *a = arg;
    collection c = { .entries = NULL };
    DIR *dir = opendir(a->path);
    int rc;

    if (dir == NULL)
        return -errno;
    rc = read_folder(dir, &c);
    closedir(dir);
    if (rc == 0)
        rc = bring_together(&c, &a->folder);
    free(c.entries);
    free(c.names);
    return rc;
}

int sl_folder_list(const char *path, sl_folder **out)
{
    sl_given(path);
    sl_given(out);

    struct listing a = { path, NULL };
    int rc = sl__on_own_thread(do_list, &a);

    if (rc == 0)
        *out = a.folder;
    return sl__about(path, rc);
}

void sl_folder_free(sl_folder *folder)
{
    if (folder == NULL)
        return;
    sl_given(folder);
    sl__release(folder);
}
