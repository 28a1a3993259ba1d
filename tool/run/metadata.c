/* The file is written before the row that makes the item done is committed, so
 * after a kill it is either known or an orphan, as all files are. It says what
 * that row says, hence it is written on the store's thread. */
#include "run/metadata.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "run/keep.h"
#include "run/outputs.h"

static int write_file(run *run, store *store, const char *name,
                      const char *text, size_t size, files_stamp *stamp)
{
    int folder = store_folder(store, STORE_ORIGINALS);
    files_how how = keep_how(run);
    int rc = files_write(folder, name, text, size, &how, stamp);

    if (rc == -EEXIST && files_holds(folder, name, text, size) > 0) {
        *stamp = files_stamp_of(text, size);
        return 0;
    }
    if (rc < 0)
        run_fail(run, files_exit_status(rc), "cannot write %s/%s: %s", run->out,
                 name, files_reason(rc));
    return rc;
}

int metadata_note(run *run, store *store, int64_t id)
{
    char name[2 * STORE_NAME_SIZE];
    store_file file = { STORE_ORIGINALS, "metadata", name, { 0 } };
    store_item item;
    char *text;
    size_t size;
    int rc;

    if (!run->options->metadata)
        return 0;
    rc = store_next_item(store, id - 1, STORE_IN(STORE_DONE), &item);
    if (rc <= 0 || item.id != id)
        return rc < 0 ? rc : -EINVAL;
    snprintf(name, sizeof name, "%s.json", item.stem);
    rc = outputs_item_json(store, &item, &text, &size);
    if (rc < 0)
        return rc;
    rc = write_file(run, store, name, text, size, &file.stamp);
    free(text);
    return rc < 0 ? rc : store_add_file(store, id, &file);
}
