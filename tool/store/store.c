/* Opening, committing and closing a run.
 *
 * The order at the start is what makes a kill harmless: look whose folder it
 * is (touching nothing), lock it, look again (another run may have ended in
 * between), and only then make, clear or clean up. The order at a commit is
 * files first: what a row claims must not be younger than the row.
 */
#include "store/store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/handle.h"
#include "store/moved.h"
#include "store/reconcile.h"
#include "store/schema.h"

int store_fail(store *store, int rc, int status, const char *format, ...)
{
    va_list args;

    store->failure.status = status;
    va_start(args, format);
    vsnprintf(store->failure.text, sizeof store->failure.text, format, args);
    va_end(args);
    return rc;
}

int store_pass(store *store, int rc, const char *doing)
{
    /* What happens once the folder is gone follows from that. */
    if (rc >= 0 || store->is_taken_away)
        return rc;
    return store_fail(store, rc, files_exit_status(rc),
                      "cannot %s in %s/" FOLDER_DATABASE ": %s", doing,
                      store->folder.shown, files_reason(rc));
}

const char *store_clean(const store *store, const char *raw,
                        char out[STORE_TEXT_MAX])
{
    if (raw == NULL)
        return NULL;
    text_clean(raw, store->secrets, TEXT_UTF8, out, STORE_TEXT_MAX);
    return out;
}

const store_error *store_failure(const store *store)
{
    return &store->failure;
}

int store_folder(const store *store, enum store_folder folder)
{
    return store->folder.fds[folder];
}

const store_recovery *store_recovered(const store *store)
{
    return &store->recovery;
}

static store *make_handle(const text_secrets *secrets)
{
    store *made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    made->folder = (run_folder){ .fds = { -1, -1, -1, -1 }, .lock = -1 };
    made->secrets = secrets;
    return made;
}

void store_close(store *store)
{
    if (store == NULL)
        return;
    if (store->db.handle != NULL)
        db_close(&store->db);
    folder_close(&store->folder); /* and with it the lock, last of all */
    free(store->own_name);
    free(store);
}

void store_discard(store *store)
{
    /* Whatever fails here leaves a run without items, which harms nobody. */
    if (reconcile_clear(store) == 0) {
        unlinkat(store->folder.fds[STORE_RUN], FOLDER_LOCK, 0);
        rmdir(store->folder.path);
    }
    store_close(store);
}

static const char *folder_name(const char *given, const char *otherwise)
{
    return given != NULL ? given : otherwise;
}

/* What a run may be begun in, and cleared. */
static int check_kind(store *store, enum folder_kind kind,
                      const store_options *options, bool begin,
                      store_error *error)
{
    const char *const claims[] = {
        folder_name(options->originals, "images"),
        folder_name(options->processed, "processed_images"),
        "shards",
        FOLDER_RESULTS,
    };
    const run_folder *folder = &store->folder;

    if (kind == FOLDER_NEWER)
        return folder_refuse(error, -EPROTONOSUPPORT, 3,
                             "%s was made by a newer version of this program; "
                             "use that, or another --out",
                             folder->shown);
    if (kind == FOLDER_OURS)
        return 0;
    if (kind == FOLDER_OLDER)
        return folder_refuse(error, -EPROTONOSUPPORT, 3,
                             "%s was made by an earlier version of this "
                             "program; finish it with that, or use another "
                             "--out",
                             folder->shown);
    if (!begin)
        return folder_refuse(error, -ENOENT, 2, "%s holds no run",
                             folder->shown);
    if (kind == FOLDER_STRANGE && options->fresh)
        return folder_refuse(error, -EEXIST, 3,
                             "--fresh clears only a folder with a run of this "
                             "program, and %s has other files; use another "
                             "--out",
                             folder->shown);
    return folder_check_claims(folder, claims, sizeof claims / sizeof *claims,
                               error);
}

static int look_and_lock(store *store, enum folder_kind *kind,
                         const store_options *options, bool begin,
                         store_error *error)
{
    char line[STORE_TEXT_MAX];
    int rc = folder_look(&store->folder, kind, error);

    if (rc == 0)
        rc = check_kind(store, *kind, options, begin, error);
    if (rc == 0)
        rc =
            folder_lock(&store->folder,
                        store_clean(store, options->command_line, line), error);
    if (rc == 0)
        rc = folder_look(&store->folder, kind, error);
    if (rc == 0)
        rc = check_kind(store, *kind, options, begin, error);
    return rc;
}

/* The subfolders that the run's row names. */
static int open_parts(store *store, bool create, store_error *error)
{
    store_run run;
    int rc = store_read_run(store, &run);

    if (rc < 0)
        return folder_refuse(error, rc, 3, "cannot read the run in %s: %s",
                             store->folder.shown, files_reason(rc));
    rc = folder_open_part(&store->folder, STORE_ORIGINALS, run.originals,
                          create, error);
    if (rc == 0)
        rc = folder_open_part(&store->folder, STORE_PROCESSED, run.processed,
                              create, error);
    if (rc == 0)
        rc = folder_open_part(&store->folder, STORE_SHARDS, "shards", false,
                              error);
    return rc;
}

/* Take an older run of ours out of the folder. run.db goes last: while it
 * stands, a clearing that was interrupted can be done again. */
static int clear_run(store *store, store_error *error)
{
    int rc = schema_open(store, false, error);

    if (rc == 0)
        rc = open_parts(store, false, error);
    if (rc < 0)
        return rc;
    rc = reconcile_clear(store);
    if (rc < 0)
        return folder_refuse(error, rc, files_exit_status(rc),
                             "cannot clear %s: %s", store->folder.shown,
                             files_reason(rc));
    return 0;
}

static int begin_run(store *store, const store_identity *wanted,
                     const store_options *options, store_error *error)
{
    int rc = files_sweep(store->folder.fds[STORE_RUN]);

    if (rc < 0)
        return folder_refuse(error, rc, files_exit_status(rc),
                             "cannot clean up %s: %s", store->folder.shown,
                             files_reason(rc));
    return schema_create(store, wanted, options, error);
}

/* A run that goes on as it was made names its items as before. */
static int recall_name(store *store)
{
    static const char key[] = "\nname=";
    store_run run;
    const char *at;
    int rc = store_read_run(store, &run);

    if (rc < 0)
        return rc;
    at = strncmp(run.options, key + 1, sizeof key - 2) == 0
             ? run.options - 1
             : strstr(run.options, key);
    if (at == NULL)
        return 0;
    at += sizeof key - 1;
    store->own_name = strndup(at, strcspn(at, "\n"));
    store->name = store->own_name;
    return store->name != NULL ? 0 : -ENOMEM;
}

static int resume_run(store *store, const store_identity *wanted,
                      const store_options *options, store_error *error)
{
    int rc = schema_open(store, false, error);

    if (rc == 0 && wanted != NULL)
        rc = schema_compare(store, wanted, options, error);
    if (rc == 0)
        rc = open_parts(store, true, error);
    if (rc < 0)
        return rc;
    rc = reconcile(store);
    if (rc == 0)
        rc = moved_follow(store);
    if (rc == 0 && wanted == NULL)
        rc = recall_name(store);
    if (rc == 0 && wanted != NULL)
        rc = DB_RUN(&store->db, "UPDATE run SET version = ?",
                    db_text(wanted->version));
    if (rc >= 0)
        rc = store_commit(store);
    if (rc < 0)
        return folder_refuse(error, rc, files_exit_status(rc),
                             "cannot go on with the run in %s: %s",
                             store->folder.shown, files_reason(rc));
    return 0;
}

static int open_run(store *store, const store_identity *wanted,
                    const store_options *options, store_error *error)
{
    enum folder_kind kind;
    int rc = look_and_lock(store, &kind, options, wanted != NULL, error);

    if (rc == 0 && kind == FOLDER_OURS && options->fresh) {
        rc = clear_run(store, error);
        kind = FOLDER_BLANK;
    }
    if (rc == 0 && kind != FOLDER_OURS)
        rc = begin_run(store, wanted, options, error);
    if (rc == 0)
        rc = resume_run(store, wanted, options, error);
    return rc;
}

static int open_folder(const char *run_dir, bool create,
                       const store_options *options, store **out,
                       store_error *error)
{
    store *made = make_handle(options->secrets);
    int rc;

    if (made == NULL)
        return folder_refuse(error, -ENOMEM, 5, "out of memory");
    made->sync = options->sync;
    made->name = options->name;
    rc = folder_open(run_dir, create, &made->folder, error);
    if (rc < 0) {
        store_close(made);
        return rc;
    }
    *out = made;
    return 0;
}

int store_open(const char *run_dir, const store_identity *wanted,
               const store_options *options, store **out, store_error *error)
{
    store *made = NULL;
    int rc = open_folder(run_dir, true, options, &made, error);

    if (rc < 0)
        return rc;
    rc = open_run(made, wanted, options, error);
    if (rc < 0)
        store_close(made);
    else
        *out = made;
    return rc;
}

/* The run as it would be opened, but for the cleaning up. */
static int rehearse_run(store *store, const store_identity *wanted,
                        const store_options *options, store_error *error)
{
    enum folder_kind kind = FOLDER_BLANK;
    bool copy;
    int rc = 0;

    if (store->folder.fds[STORE_RUN] >= 0)
        rc = folder_look(&store->folder, &kind, error);
    if (rc == 0 && kind != FOLDER_BLANK)
        rc = check_kind(store, kind, options, true, error);
    if (rc < 0)
        return rc;
    copy = kind == FOLDER_OURS && !options->fresh;
    rc = schema_rehearse(store, copy, wanted, options, error);
    if (rc == 0 && copy)
        rc = schema_compare(store, wanted, options, error);
    if (rc == 0 && copy)
        rc = open_parts(store, false, error);
    if (rc == 0 && copy && moved_follow(store) < 0)
        rc = folder_refuse(error, -EIO, 3, "cannot read the run in %s",
                           store->folder.shown);
    return rc;
}

int store_rehearse(const char *run_dir, const store_identity *wanted,
                   const store_options *options, store **out,
                   store_error *error)
{
    store *made = NULL;
    int rc = open_folder(run_dir, false, options, &made, error);

    if (rc == -ENOENT) { /* it would be made */
        made = make_handle(options->secrets);
        rc = made != NULL ? 0
                          : folder_refuse(error, -ENOMEM, 5, "out of memory");
    }
    if (rc == 0)
        rc = rehearse_run(made, wanted, options, error);
    if (rc < 0)
        store_close(made);
    else
        *out = made;
    return rc;
}

int store_reopen(const char *run_dir, const store_options *options, store **out,
                 store_error *error)
{
    store_options kept = *options;
    store *made = NULL;
    int rc;

    kept.fresh = false; /* there would be nothing left to go on with */
    rc = open_folder(run_dir, false, &kept, &made, error);
    if (rc < 0)
        return rc;
    rc = open_run(made, NULL, &kept, error);
    if (rc < 0)
        store_close(made);
    else
        *out = made;
    return rc;
}

int store_view(const char *run_dir, store **out, store_error *error)
{
    const store_options options = { 0 };
    enum folder_kind kind;
    store *made = NULL;
    int rc = open_folder(run_dir, false, &options, &made, error);

    if (rc < 0)
        return rc;
    rc = folder_look(&made->folder, &kind, error);
    if (rc == 0)
        rc = check_kind(made, kind, &options, false, error);
    if (rc == 0)
        rc = schema_open(made, true, error);
    if (rc == 0)
        rc = open_parts(made, false, error);
    if (rc < 0)
        store_close(made);
    else
        *out = made;
    return rc;
}

long store_holder(const store *store)
{
    return folder_holder(&store->folder);
}

/* One call for all files since the last commit; the two folders are on one
 * file system unless the user put them elsewhere. */
static int sync_files(store *store)
{
    const int *fds = store->folder.fds;
    struct stat first, second;

    if (!store->has_unsynced || store->sync != FILES_SYNC_BATCH)
        return 0;
    if (syncfs(fds[STORE_ORIGINALS]) < 0)
        return -errno;
    if (fstat(fds[STORE_ORIGINALS], &first) < 0 ||
        fstat(fds[STORE_PROCESSED], &second) < 0)
        return -errno;
    if (first.st_dev != second.st_dev && syncfs(fds[STORE_PROCESSED]) < 0)
        return -errno;
    return 0;
}

/* Somebody has removed what we hold, and anybody could begin a run here now. */
static bool is_taken_away(const run_folder *folder)
{
    struct stat info;

    return folder->lock >= 0 &&
           ((fstat(folder->lock, &info) == 0 && info.st_nlink == 0) ||
            (faccessat(folder->fds[STORE_RUN], FOLDER_DATABASE, F_OK, 0) < 0 &&
             errno == ENOENT));
}

int store_commit(store *store)
{
    int rc = sync_files(store);

    if (is_taken_away(&store->folder)) {
        store->db.broken = -ENOENT;
        store->is_taken_away = true;
        return store_fail(store, -ENOENT, 3,
                          "%s was removed, or emptied, while the run went on: "
                          "what it has done is lost",
                          store->folder.shown);
    }
    /* Files that could not be synced may be lost, so no row may claim them,
     * now or in a later commit. */
    if (rc < 0 && store->db.broken == 0)
        store->db.broken = rc;
    rc = db_commit(&store->db);
    if (rc == 0) {
        store->has_unsynced = false;
        store->kept = store->newest;
    }
    return store_pass(store, rc, "save the state");
}

/* Items of an earlier session are below all of this one. */
int store_keep_item(store *store, int64_t id)
{
    return id <= store->kept || store->kept == store->newest
               ? 0
               : store_commit(store);
}
