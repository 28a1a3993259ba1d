/* Archives for training programs: RUN/shards/00000.tar and so on, in the form
 * of WebDataset. All files of a picture stand together and share what is before
 * their first dot; a JSON file is among them.
 *
 * Pictures are written as files first and moved when there are enough of them.
 * That costs writing them twice, mostly to memory, and keeps every promise of
 * the run: a picture that is done is never fetched again, whatever is killed
 * when, and no archive is ever seen half.
 */
#include "run/shards.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/scope.h>

#include "run/keep.h"
#include "run/outputs.h"
#include "run/picture_file.h"
#include "store/names.h"
#include "store/tar_writer.h"
#include "worker/job.h"
#include "worker/decode/sniff.h"

#define LOOK_EVERY SL_MS(500)

enum { FILES_MAX = 2 * STORE_TWIN_FILES, KEY_SIZE = 2 * STORE_NAME_SIZE };

typedef struct loose_file {
    enum store_folder folder;
    char name[STORE_NAME_SIZE];
} loose_file;

/* One picture on its way into the archive. */
typedef struct sample {
    int64_t id;
    char key[KEY_SIZE];
    char *json, *title;
    size_t json_size;
    char *local;     /* path of the user's own file; NULL: it was fetched */
    char xxh64[17];  /* of its bytes when it was worked on */
    bool is_missing; /* it has other bytes now, or is gone */
    int count;
    struct {
        loose_file loose;
        char suffix[64];
    } files[FILES_MAX];
} sample;

typedef struct packing {
    run *run;
    tar_writer *tar;
    char name[32];
    files_stamp stamp;
    int64_t *ids; /* of what is in it */
    size_t count, most;
    loose_file *loose; /* to be removed afterwards */
    size_t loose_count, loose_room;
    int64_t after;
    sample sample;
} packing;

static void sample_fini(sample *sample)
{
    free(sample->json);
    free(sample->title);
    free(sample->local);
    *sample = (struct sample){ 0 };
}

/* On the store's thread: the next picture, copied. */

/* Of a packed picture both: "fits.gz". In `name`. */
static const char *extension_of(const char *path, names_pair *name)
{
    names_from_path(path, name);
    return name->extension[0] != '\0' ? name->extension + 1 : "bin";
}

static int take_file(void *context, const store_file *file)
{
    sample *sample = context;
    bool is_original = strcmp(file->role, "original") == 0;
    names_pair name;

    if (sample->count == FILES_MAX)
        return -E2BIG;
    sample->files[sample->count].loose.folder = file->folder;
    snprintf(sample->files[sample->count].loose.name, STORE_NAME_SIZE, "%s",
             file->name);
    snprintf(sample->files[sample->count].suffix, 64, "%.40s%s%s",
             is_original ? "" : file->role, is_original ? "" : ".",
             extension_of(file->name, &name));
    sample->count++;
    return 0;
}

/* What is before the first dot is what the files of a picture share; so there
 * is none in it, and the number tells apart what became equal. */
static void choose_key(sample *sample, const char *stem)
{
    bool has_dot = strchr(stem, '.') != NULL;

    snprintf(sample->key, KEY_SIZE, has_dot ? "%s-%lld" : "%s", stem,
             (long long)sample->id);
    for (char *c = sample->key; *c != '\0'; c++)
        if (*c == '.')
            *c = '_';
}

/* What was fetched has its original among the item's files. */
static int note_local(sample *sample, const store_item *item)
{
    if (item->original != NULL || item->host != NULL || item->address == NULL ||
        item->xxh64 == NULL)
        return 0;
    snprintf(sample->xxh64, sizeof sample->xxh64, "%s", item->xxh64);
    sample->local = strdup(item->address);
    return sample->local != NULL ? 0 : -ENOMEM;
}

static int next_sample(store *store, void *arg)
{
    packing *packing = arg;
    sample *sample = &packing->sample;
    store_item item;
    int rc = store_next_loose(store, packing->after, &item);

    if (rc <= 0)
        return rc;
    sample->id = packing->after = item.id;
    choose_key(sample, item.stem);
    sample->title = item.title != NULL ? strdup(item.title) : NULL;
    rc = note_local(sample, &item);
    if (rc == 0)
        rc = outputs_item_json(store, &item, &sample->json, &sample->json_size);
    if (rc == 0)
        rc = store_each_file(store, sample->id, take_file, sample);
    return rc < 0 ? rc : 1;
}

/* On a thread for files. */

static int open_tar(void *arg)
{
    packing *packing = arg;
    int folder = store_folder(packing->run->books.store, STORE_SHARDS);

    return tar_writer_open(&packing->tar, folder, packing->name);
}

static int add_text(packing *packing, const char *suffix, const char *text,
                    size_t size)
{
    char name[2 * KEY_SIZE];

    snprintf(name, sizeof name, "%s.%s", packing->sample.key, suffix);
    return tar_writer_add(packing->tar, name, text, size);
}

static int add_bytes(packing *packing, const void *data, size_t size)
{
    const sample *sample = &packing->sample;
    sniffed sniffed = sniff(data, size);
    names_pair name;

    return add_text(packing,
                    sniffed.verdict == JOB_GOOD
                        ? job_format_extension(sniffed.format) + 1
                        : extension_of(sample->local, &name),
                    data, size);
}

/* The user's file may be another one by now; what stands in the archive are the
 * bytes that were worked on, or none. */
static int add_local(packing *packing)
{
    sample *sample = &packing->sample;
    sl_shm body = { .fd = -1 };
    uint64_t size = 0;
    char hash[17] = "";
    int rc = picture_file_read(AT_FDCWD, sample->local,
                               (uint64_t)packing->run->options->max_bytes,
                               &body, &size);

    if (rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE)
        return rc;
    if (rc == 0)
        snprintf(hash, sizeof hash, "%016llx",
                 (unsigned long long)files_stamp_of(body.data, size).hash);
    sample->is_missing = strcmp(hash, sample->xxh64) != 0;
    rc = sample->is_missing ? 0 : add_bytes(packing, body.data, size);
    sl_shm_close(&body);
    return rc;
}

static int add_sample(void *arg)
{
    packing *packing = arg;
    const sample *sample = &packing->sample;
    int rc = sample->local != NULL ? add_local(packing) : 0;

    for (int i = 0; i < sample->count && rc == 0; i++) {
        const loose_file *loose = &sample->files[i].loose;
        char name[2 * KEY_SIZE];

        if (strcmp(sample->files[i].suffix, "metadata.json") == 0)
            continue; /* it goes in with the newest of what is known */
        snprintf(name, sizeof name, "%s.%s", sample->key,
                 sample->files[i].suffix);
        rc = tar_writer_add_file(
            packing->tar, name,
            store_folder(packing->run->books.store, loose->folder),
            loose->name);
    }
    if (rc == 0 && sample->title != NULL)
        rc = add_text(packing, "txt", sample->title, strlen(sample->title));
    if (rc == 0)
        rc = add_text(packing, "json", sample->json, sample->json_size);
    return rc;
}

static int keep_tar(void *arg)
{
    packing *packing = arg;
    files_how how = keep_how(packing->run);
    int rc = tar_writer_keep(packing->tar, &how, &packing->stamp);

    packing->tar = NULL;
    return rc;
}

static int remove_loose(void *arg)
{
    packing *packing = arg;

    for (size_t i = 0; i < packing->loose_count; i++)
        /* What stays is an orphan, which the next start removes. */
        if (unlinkat(store_folder(packing->run->books.store,
                                  packing->loose[i].folder),
                     packing->loose[i].name, 0) < 0)
            continue;
    return 0;
}

/* The task that hands it from one to the other. */

static int remember(packing *packing)
{
    const sample *sample = &packing->sample;

    if (packing->loose_count + FILES_MAX > packing->loose_room) {
        size_t room = 2 * packing->loose_room + FILES_MAX;
        loose_file *loose =
            reallocarray(packing->loose, room, sizeof *packing->loose);

        if (loose == NULL)
            return -ENOMEM;
        packing->loose = loose;
        packing->loose_room = room;
    }
    packing->ids[packing->count++] = sample->id;
    for (int i = 0; i < sample->count; i++)
        packing->loose[packing->loose_count++] = sample->files[i].loose;
    return 0;
}

static int fill_tar(packing *packing)
{
    run *run = packing->run;
    int rc = 1;

    while (rc > 0 && packing->count < packing->most) {
        rc = books_call(&run->books, next_sample, packing);
        if (rc > 0) {
            rc = sl_crew_call(run->files, add_sample, packing);
            if (packing->sample.is_missing)
                console_message(run->console,
                                "%s has changed since it was worked on, and is "
                                "not in %s",
                                packing->sample.local, packing->name);
            if (rc == 0)
                rc = remember(packing);
            rc = rc < 0 ? rc : 1;
        }
        sample_fini(&packing->sample);
    }
    return rc < 0 ? rc : 0;
}

static int note_shard(store *store, void *arg)
{
    packing *packing = arg;

    return store_note_shard(store, packing->name, &packing->stamp, packing->ids,
                            packing->count);
}

static int finish_tar(packing *packing)
{
    run *run = packing->run;
    int rc = sl_crew_call(run->files, keep_tar, packing);

    if (rc < 0)
        return rc;
    if (books_change(&run->books, note_shard, packing) < 0 ||
        books_commit(&run->books) < 0)
        return run_fail_books(run);
    return sl_crew_call(run->files, remove_loose, packing);
}

static int name_shard(store *store, void *arg)
{
    packing *packing = arg;
    int rc = store_open_shards(store);
    int64_t number = rc < 0 ? rc : store_shard_number(store);

    snprintf(packing->name, sizeof packing->name, "%05lld.tar",
             (long long)number);
    return number < 0 ? (int)number : 0;
}

static int pack_shielded(packing *packing)
{
    run *run = packing->run;
    int rc = books_change(&run->books, name_shard, packing);

    if (rc < 0)
        return run_fail_books(run);
    packing->ids = calloc(packing->most, sizeof *packing->ids);
    rc = packing->ids != NULL ? sl_crew_call(run->files, open_tar, packing)
                              : -ENOMEM;
    if (rc == 0)
        rc = fill_tar(packing);
    if (rc == 0 && packing->count > 0)
        rc = finish_tar(packing);
    if (packing->tar != NULL)
        tar_writer_drop(packing->tar);
    if (rc < 0)
        run_fail(run, files_exit_status(rc), "cannot write %s/shards/%s: %s",
                 run->out, packing->name, files_reason(rc));
    return rc;
}

/* One archive; a request to stop does not reach it. */
static int pack(run *run, size_t *packed)
{
    packing *packing = calloc(1, sizeof *packing);
    sl_scope shield;
    int rc;

    if (packing == NULL)
        return -ENOMEM;
    packing->run = run;
    packing->most = (size_t)run->options->shard_items;
    sl_shield_open(&shield, SL_FOREVER);
    rc = pack_shielded(packing);
    rc = sl_scope_close(&shield, rc);
    *packed = packing->count;
    free(packing->ids);
    free(packing->loose);
    free(packing);
    return rc;
}

static int count_loose(store *store, void *arg)
{
    return store_count_loose(store, arg);
}

static bool has_enough(run *run)
{
    int64_t loose = 0;

    return books_call(&run->books, count_loose, &loose) == 0 &&
           loose >= run->options->shard_items;
}

int shards_keep_packing(void *arg)
{
    run *run = arg;
    size_t packed;
    int rc = 0;

    while (rc == 0 && run->status == 0) {
        rc = sl_sleep(LOOK_EVERY);
        if (rc == 0 && has_enough(run))
            rc = pack(run, &packed);
    }
    return rc == SL_ECANCELED ? rc : 0; /* others were told */
}

void shards_finish(run *run)
{
    size_t packed = 1;
    int rc = 0;

    if (!options_want_tar(run->options) || !run->filled || run->draining ||
        run->options->dry_run)
        return;
    while (rc == 0 && packed > 0)
        rc = pack(run, &packed);
}
