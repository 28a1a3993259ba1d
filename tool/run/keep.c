/* Files under their final names. No row speaks of such a file, or it would have
 * been removed when the run was opened: what has the name meanwhile is not
 * ours, and is left alone, unless it is the very thing that was to be written.
 */
#include "run/keep.h"

#include <errno.h>
#include <unistd.h>

typedef struct writing {
    run *run;
    keep *files;
    size_t count, at; /* `at`: the one that failed */
} writing;

files_how keep_how(const run *run)
{
    static const enum files_sync policies[] = { [SYNC_BATCH] = FILES_SYNC_BATCH,
                                                [SYNC_ITEM] = FILES_SYNC_ITEM,
                                                [SYNC_OFF] = FILES_SYNC_OFF };

    return (files_how){ .sync = policies[run->options->sync] };
}

static int write_one(run *run, keep *file, const files_how *how)
{
    int folder = store_folder(run->books.store, file->folder);
    int rc = files_write(folder, file->name, file->data, file->size, how,
                         &file->stamp);

    if (rc == -EEXIST &&
        files_holds(folder, file->name, file->data, file->size) > 0) {
        file->stamp = how->known != NULL
                          ? *how->known
                          : files_stamp_of(file->data, file->size);
        rc = 0;
    }
    return rc;
}

static int write_files(void *arg)
{
    writing *writing = arg;
    files_how how = keep_how(writing->run);
    int rc = 0;

    for (writing->at = 0; writing->at < writing->count; writing->at++) {
        how.known = writing->files[writing->at].known;
        rc = write_one(writing->run, &writing->files[writing->at], &how);
        if (rc < 0)
            break;
    }
    return rc;
}

/* A run folder may give its folders any name; the kernel knows it. */
static void tell(run *run, const keep *file, int rc)
{
    char link[64], folder[1024];
    ssize_t size;

    snprintf(link, sizeof link, "/proc/self/fd/%d",
             store_folder(run->books.store, file->folder));
    size = readlink(link, folder, sizeof folder - 1);
    folder[size > 0 ? size : 0] = '\0';
    run_fail(run, files_exit_status(rc), "cannot write %s/%s: %s",
             size > 0 ? folder : run->out, file->name, files_reason(rc));
}

int keep_files(run *run, keep *files, size_t count)
{
    writing writing = { .run = run, .files = files, .count = count };
    int rc = visits_call(&run->writes, write_files, &writing);

    if (rc < 0)
        tell(run, &files[writing.at < count ? writing.at : 0], rc);
    return rc;
}
