/* files.h: a file appears whole, under its final name, or not at all.
 *
 *     rc = files_write(folder, "space_0.jpg", body, size,
 *                      &(files_how){ .sync = FILES_SYNC_BATCH }, &stamp);
 *
 * Bytes are written to a file without a name where the file system has such,
 * else to one whose suffix cannot be mistaken; both are gone or swept after a
 * kill. All of this blocks; any thread may call it, on folders of its own or
 * shared ones, since nothing is kept between calls.
 */
#ifndef TOOL_STORE_FILES_H
#define TOOL_STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

/* Ends the name of every unfinished file. */
#define FILES_UNFINISHED ".part-starling"

enum files_sync {
    FILES_SYNC_BATCH, /* whoever commits calls syncfs once for many files */
    FILES_SYNC_ITEM,  /* each file and its folder, before it counts */
    FILES_SYNC_OFF    /* survives a kill, not a power cut */
};

/* What a finished file is known by. */
typedef struct files_stamp {
    uint64_t size;
    uint64_t hash; /* XXH64 with seed 0, as `xxh64sum` prints it */
} files_stamp;

typedef struct files_how {
    enum files_sync sync;
    bool replace; /* put it in the place of an older file of that name; else
                     a name that is taken is -EEXIST */
    /* Of just these bytes, if somebody has computed it; only files_write()
     * looks at it. */
    const files_stamp *known;
} files_how;

/* Write `size` bytes as `name`, one plain name of at most 240 bytes, in the
 * folder. *stamp (may be NULL) receives size and hash.
 * Returns 0, or a negative errno; then nothing may be said of that name. */
int files_write(int folder, const char *name, const void *data, size_t size,
                const files_how *how, files_stamp *stamp);

/* The same in pieces, for a writer that does not hold the whole. */
typedef struct files_draft {
    int fd, folder;
    bool named;     /* has the unfinished name, else no name at all */
    char name[256]; /* final */
    uint64_t size;
    XXH64_state_t *hash;
} files_draft;

int files_draft_open(files_draft *draft, int folder, const char *name);
int files_draft_append(files_draft *draft, const void *data, size_t size);

/* Give it its final name and release the draft. On failure it is dropped; only
 * when the folder itself cannot be synced does the whole file stay. */
int files_draft_keep(files_draft *draft, const files_how *how,
                     files_stamp *stamp);

/* Give up: nothing of it stays. */
void files_draft_drop(files_draft *draft);

/* A file for what this process alone needs, and no name leads to: reading and
 * writing. Returns its descriptor or a negative errno. */
int files_scratch(int folder);

/* Size and hash of a file that exists. A link is not followed, anything but a
 * plain file is -EINVAL. */
int files_read_stamp(int folder, const char *name, files_stamp *stamp);

/* The stamp of bytes in memory. */
files_stamp files_stamp_of(const void *data, size_t size);

/* Does the file hold exactly these bytes? 1, 0, or a negative errno. */
int files_holds(int folder, const char *name, const void *data, size_t size);

/* Give a file of the folder a second name. Returns 0, -EEXIST for a name that
 * is taken, -EOPNOTSUPP where files have one name only, or another error. */
int files_link(int folder, const char *name, const char *second,
               const files_how *how);

/* Remove unfinished files that a killed run left in a folder. Returns how
 * many, or a negative errno. */
int files_sweep(int folder);

/* Call fn with each entry but "." and ".." of a folder, until it returns
 * non-zero; returns that. fn may remove the entry. */
int files_each(int folder, int (*fn)(void *context, const char *name),
               void *context);

/* The program's exit status for a write that failed so: 75 when room on the
 * disk may come back, 3 when what we write to is no good. */
int files_exit_status(int rc);

/* Why, in words that a user can act on: "the disk is full". Static for the
 * frequent ones, else strerror()'s. */
const char *files_reason(int rc);

#endif
