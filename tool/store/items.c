/* The states of an item, from planned to its end.
 *
 * Each step is one UPDATE that names the states it may come from. If it
 * changes no row, the caller took a step that does not exist (an item done
 * twice, a failure after success): -EINVAL and status 5, because the accounting
 * would be wrong and only a mistake of ours can do it.
 */
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/handle.h"
#include "store/identity.h"
#include "store/names.h"
#include "store/reconcile.h"
#include "store/stems.h"
#include "text/host.h"

static const char *const state_names[STORE_STATES] = {
    [STORE_PLANNED] = "planned", [STORE_FETCHED] = "fetched",
    [STORE_DONE] = "done",       [STORE_FAILED] = "failed",
    [STORE_SKIPPED] = "skipped",
};

const char *store_state_name(enum store_state state)
{
    return (unsigned)state < STORE_STATES ? state_names[state] : NULL;
}

enum store_state store_state_of(const char *name)
{
    for (int s = 0; s < STORE_STATES; s++)
        if (strcmp(name, state_names[s]) == 0)
            return (enum store_state)s;
    return STORE_PLANNED; /* the table's CHECK lets no other word in */
}

/* 1 and the item when this URL was planned before, 0 when not. */
static int find_item(store *store, const char *identity, int64_t *id,
                     enum store_state *state)
{
    int rc;
    sqlite3_stmt *row =
        DB_PREPARE(&store->db, "SELECT id, state FROM item WHERE identity = ?",
                   &rc, db_text(identity));

    if (row == NULL)
        return rc;
    rc = db_step(&store->db, row);
    if (rc <= 0)
        return rc;
    *id = sqlite3_column_int64(row, 0);
    *state = store_state_of((const char *)sqlite3_column_text(row, 1));
    sqlite3_reset(row);
    return 1;
}

/* Where the item is got from. */
static const char *address_of(const store_new_item *item)
{
    return item->path != NULL ? item->path : item->url;
}

static bool is_hidden(const store *store, const char *address)
{
    char shown[STORE_TEXT_MAX];

    return strcmp(store_clean(store, address, shown), address) != 0;
}

/* What may not be stored is needed to fetch the item: it is kept for as long as
 * this session works on it. */
static int keep_address(store *store, int64_t id, enum store_state state,
                        const char *raw)
{
    int rc;

    if ((state != STORE_PLANNED && state != STORE_FETCHED) ||
        !is_hidden(store, raw))
        return 0;
    store->has_addresses = true;
    rc = DB_RUN(&store->db,
                "INSERT OR REPLACE INTO temp.address (item, bytes)"
                " VALUES (?, ?)",
                db_int(id), db_blob(raw, strlen(raw) + 1));
    return rc < 0 ? rc : 0;
}

static int forget_address(store *store, int64_t id)
{
    int rc;

    if (!store->has_addresses)
        return 0;
    rc = DB_RUN(&store->db, "DELETE FROM temp.address WHERE item = ?",
                db_int(id));

    return rc < 0 ? rc : 0;
}

/* Further fields may be longer than any other text; they are plain ASCII, so
 * only secrets are taken out. */
static int clean_extra(store *store, const char *raw, char **out)
{
    size_t size = raw != NULL ? 2 * strlen(raw) + 16 : 0;

    *out = NULL;
    if (raw == NULL)
        return 0;
    *out = malloc(size);
    if (*out == NULL)
        return -ENOMEM;
    text_clean(raw, store->secrets, TEXT_UTF8, *out, size);
    return 0;
}

static int insert_item(store *store, const store_new_item *item,
                       const char *identity, const names_pair *pair)
{
    char url[STORE_TEXT_MAX], title[STORE_TEXT_MAX], date[STORE_TEXT_MAX];
    char name[2 * NAMES_MAX], host[TEXT_HOST_SIZE];
    char path[STORE_TEXT_MAX];
    bool masked = is_hidden(store, address_of(item));
    char *extra = NULL;
    int rc = clean_extra(store, item->extra, &extra);

    if (rc < 0)
        return rc;
    snprintf(name, sizeof name, "%s%s", pair->stem, pair->extension);
    rc = DB_RUN(&store->db,
                "INSERT INTO item (identity, url, path, url_masked, stem,"
                " name, host, title, date, checksum, extra)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                db_text(identity), db_text(store_clean(store, item->url, url)),
                db_text(store_clean(store, item->path, path)), db_int(masked),
                db_text(pair->stem), db_text(name),
                db_text(text_host(item->url, host)),
                db_text(store_clean(store, item->title, title)),
                db_text(store_clean(store, item->date, date)),
                db_text(item->checksum), db_text(extra));
    free(extra);
    return rc;
}

static int plan_new(store *store, const store_new_item *item,
                    const char *identity, int64_t *id, enum store_state *state)
{
    names_pair pair;
    int rc;

    stems_propose(store, item, identity, &pair);
    rc = store_choose_stem(store, pair.stem);
    if (rc == 0)
        rc = insert_item(store, item, identity, &pair);
    if (rc < 0)
        return rc;
    *id = store->newest = sqlite3_last_insert_rowid(store->db.handle);
    *state = STORE_PLANNED;
    return keep_address(store, *id, *state, address_of(item));
}

/* Earlier versions knew a file by the path as it was typed. */
static int find_typed(store *store, const store_new_item *item,
                      const char *identity, int64_t *id,
                      enum store_state *state)
{
    char typed[IDENTITY_SIZE], path[STORE_TEXT_MAX];
    int rc = identity_of_url(item->url, store->salt, typed);

    if (rc == 0)
        rc = find_item(store, typed, id, state);
    if (rc <= 0)
        return rc;
    rc = db_begin(&store->db);
    return rc < 0 ? rc
                  : DB_RUN(&store->db,
                           "UPDATE item SET identity = ?, path = ?,"
                           " url_masked = ? WHERE id = ? AND path IS NULL",
                           db_text(identity),
                           db_text(store_clean(store, item->path, path)),
                           db_int(is_hidden(store, item->path)), db_int(*id));
}

/* 1 and the item if it was planned before. */
static int find_planned(store *store, const store_new_item *item,
                        const char *identity, int64_t *id,
                        enum store_state *state)
{
    int rc = find_item(store, identity, id, state);

    if (rc == 0 && item->path != NULL && strcmp(item->path, item->url) != 0)
        rc = find_typed(store, item, identity, id, state);
    if (rc > 0) {
        int kept = keep_address(store, *id, *state, address_of(item));

        rc = kept < 0 ? kept : rc;
    }
    return rc;
}

int store_plan(store *store, const store_new_item *item, int64_t *id,
               enum store_state *state)
{
    char identity[IDENTITY_SIZE];
    int rc = identity_of_url(address_of(item), store->salt, identity);

    if (rc == 0)
        rc = find_planned(store, item, identity, id, state);
    if (rc != 0)
        return store_pass(store, rc, "plan an item");
    /* Half of it is no harm: a number that no stem has. */
    rc = db_begin(&store->db);
    if (rc == 0)
        rc = plan_new(store, item, identity, id, state);
    return store_pass(store, rc, "plan an item");
}

static int is_stem(void *context, const char *stem)
{
    return strcasecmp(context, stem) == 0;
}

/* A file that is not named after its item could not be told from a stranger's
 * after a kill. */
static int check_file_name(store *store, int64_t id, const store_file *file)
{
    enum names_kind kind =
        file->folder == STORE_ORIGINALS ? NAMES_ORIGINAL : NAMES_OUTPUT;
    char stem[NAMES_MAX + 1];
    int rc;
    sqlite3_stmt *row = DB_PREPARE(
        &store->db, "SELECT stem FROM item WHERE id = ?", &rc, db_int(id));

    if (row == NULL)
        return rc;
    rc = db_step(&store->db, row);
    if (rc <= 0)
        return rc < 0 ? rc : -EINVAL;
    snprintf(stem, sizeof stem, "%s", sqlite3_column_text(row, 0));
    sqlite3_reset(row);
    return names_each_stem(file->name, kind, is_stem, stem) ? 0 : -EINVAL;
}

static int insert_file(store *store, int64_t id, const store_file *file)
{
    char hash[17];
    int rc =
        file->folder == STORE_RUN ? -EINVAL : check_file_name(store, id, file);

    if (rc < 0)
        return rc;
    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)file->stamp.hash);
    store->has_unsynced = true;
    return DB_RUN(
        &store->db,
        "INSERT INTO file (folder, name, item, role, size, xxh64)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        db_text(file->folder == STORE_ORIGINALS ? "originals" : "processed"),
        db_text(file->name), db_int(id), db_text(file->role),
        db_int((int64_t)file->stamp.size), db_text(hash));
}

int store_add_file(store *store, int64_t id, const store_file *file)
{
    int rc = insert_file(store, id, file);

    return store_pass(store, rc < 0 ? rc : 0, "note a file");
}

/* `changed` rows by an UPDATE that had to change one. */
static int one_row(int changed)
{
    return changed == 1 ? 0 : changed < 0 ? changed : -EINVAL;
}

/* Find the words for how a step ended. */
static int pass_step(store *store, int64_t id, int rc, const char *step)
{
    if (rc == -EINVAL)
        return store_fail(store, rc, 5,
                          "item %lld cannot be marked as %s: it is not "
                          "waiting for that, or a number or a file name of "
                          "its result is no good",
                          (long long)id, step);
    return store_pass(store, rc, "save the state of an item");
}

/* End a step: keep or undo it as a whole. */
static int end_step(store *store, int64_t id, int rc, const char *step)
{
    return pass_step(store, id, db_release(&store->db, rc < 0 ? rc : 0), step);
}

/* The columns that say what was fetched, and their values. */
#define FETCHED_COLUMNS                                                        \
    "name = coalesce(?, name), attempts = ?, bytes = ?, xxh64 = ?, etag = ?,"  \
    " last_modified = ?"
#define FETCHED_VALUES(fetched, texts)                                         \
    db_text((fetched)->name), db_int((fetched)->attempts),                     \
        db_int((int64_t)(fetched)->stamp->size), db_text((texts)->hash),       \
        db_text((texts)->etag), db_text((texts)->last_modified)

typedef struct fetched_texts {
    const char *etag, *last_modified; /* clean */
    char hash[17], tag[STORE_TEXT_MAX], date[STORE_TEXT_MAX];
} fetched_texts;

static void prepare_texts(const store *store, const store_fetched *fetched,
                          fetched_texts *out)
{
    snprintf(out->hash, sizeof out->hash, "%016llx",
             (unsigned long long)fetched->stamp->hash);
    out->etag = store_clean(store, fetched->etag, out->tag);
    out->last_modified = store_clean(store, fetched->last_modified, out->date);
}

int store_mark_fetched(store *store, int64_t id, const store_fetched *fetched)
{
    db *d = &store->db;
    fetched_texts texts;
    int rc = db_savepoint(d);

    if (rc < 0)
        return store_pass(store, rc, "save the state of an item");
    prepare_texts(store, fetched, &texts);
    rc = one_row(DB_RUN(d,
                        "UPDATE item SET state = 'fetched'," FETCHED_COLUMNS
                        " WHERE id = ? AND state = 'planned'",
                        FETCHED_VALUES(fetched, &texts), db_int(id)));
    if (rc == 0 && fetched->original != NULL)
        rc = insert_file(store, id, fetched->original);
    return end_step(store, id, rc, "fetched");
}

/* Positions are kept to 1/10000 pixel and all else to six digits, far below
 * the error of any measurement, so that the database and the catalogue hold
 * the same short numbers. */
static double tidy_position(double pixels)
{
    return nearbyint(pixels * 1e4) / 1e4;
}

static double tidy(double value)
{
    double power;

    if (value == 0 || !isfinite(value))
        return value;
    power = 5 - floor(log10(fabs(value)));
    if (power >= 0)
        return nearbyint(value * pow(10, power)) / pow(10, power);
    return nearbyint(value / pow(10, -power)) * pow(10, -power);
}

static bool is_finite_star(const store_star *s)
{
    return isfinite(s->x) && isfinite(s->y) && isfinite(s->flux) &&
           isfinite(s->peak) && isfinite(s->fwhm) && isfinite(s->a) &&
           isfinite(s->b) && isfinite(s->theta) && isfinite(s->snr) &&
           isnan(s->ra) == isnan(s->dec) && !isinf(s->ra) && !isinf(s->dec);
}

/* A ten-millionth of a degree is less than a thousandth of an arc second. */
static db_value place_value(double degrees)
{
    return isnan(degrees) ? db_text(NULL)
                          : db_real(nearbyint(degrees * 1e7) / 1e7);
}

static db_value sky_value(const store_sky *sky, double value)
{
    return sky->no_star_field == NULL || !isfinite(value)
               ? db_text(NULL)
               : db_real(tidy(value));
}

static int insert_star(db *d, int64_t id, int64_t rank, const store_star *s)
{
    if (!is_finite_star(s))
        return -EINVAL;
    return DB_RUN(d,
                  "INSERT INTO star (item, rank, x, y, flux, peak, fwhm, a, b,"
                  " theta, snr, flags, ra, dec)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  db_int(id), db_int(rank), db_real(tidy_position(s->x)),
                  db_real(tidy_position(s->y)), db_real(tidy(s->flux)),
                  db_real(tidy(s->peak)), db_real(tidy(s->fwhm)),
                  db_real(tidy(s->a)), db_real(tidy(s->b)),
                  db_real(tidy(s->theta)), db_real(tidy(s->snr)),
                  db_int(s->flags), place_value(s->ra), place_value(s->dec));
}

static int insert_result(store *store, int64_t id, const store_result *result)
{
    int rc = 0;

    for (size_t i = 0; rc >= 0 && i < result->file_count; i++)
        rc = insert_file(store, id, &result->files[i]);
    for (int64_t i = 0; rc >= 0 && i < result->star_count; i++)
        rc = insert_star(&store->db, id, i + 1, &result->stars[i]);
    return rc;
}

/* The columns of a result, and their values. */
#define RESULT_COLUMNS                                                         \
    "width = ?, height = ?, stars = ?, true_stars = ?, preview = ?,"           \
    " no_star_field = ?, background = ?, noise = ?, star_width = ?,"           \
    " snr_limit = ?, no_ra_dec = ?"
#define RESULT_VALUES(result, sky)                                             \
    db_count((result)->width), db_count((result)->height),                     \
        db_count((result)->star_count), db_count((result)->true_stars),        \
        db_blob((result)->preview, preview_size(result)),                      \
        db_text((sky)->no_star_field), sky_value(sky, (sky)->background),      \
        sky_value(sky, (sky)->noise), sky_value(sky, (sky)->star_width),       \
        sky_value(sky, (sky)->snr_limit), db_text((sky)->no_ra_dec)

static size_t preview_size(const store_result *result)
{
    return result->preview_size <= STORE_PREVIEW_MAX ? result->preview_size : 0;
}

static int update_fetched(store *store, int64_t id, const store_result *result)
{
    return one_row(DB_RUN(&store->db,
                          "UPDATE item SET state = 'done'," RESULT_COLUMNS
                          " WHERE id = ? AND state IN ('planned', 'fetched')",
                          RESULT_VALUES(result, &result->sky), db_int(id)));
}

static int update_planned(store *store, int64_t id, const store_result *result)
{
    const store_fetched *fetched = result->fetched;
    fetched_texts texts;

    prepare_texts(store, fetched, &texts);
    return one_row(DB_RUN(&store->db,
                          "UPDATE item SET state = 'done'," FETCHED_COLUMNS
                          "," RESULT_COLUMNS
                          " WHERE id = ? AND state = 'planned'",
                          FETCHED_VALUES(fetched, &texts),
                          RESULT_VALUES(result, &result->sky), db_int(id)));
}

/* Both steps at once, without a savepoint, which copies each page that they
 * touch: what can be refused comes before anything has changed. */
static int mark_planned_done(store *store, int64_t id,
                             const store_result *result)
{
    db *d = &store->db;
    const store_file *original = result->fetched->original;
    int64_t one;
    int rc = db_begin(d);

    if (rc == 0 && (result->star_count > 0 || result->file_count > 0))
        rc = -EINVAL;
    if (rc == 0)
        rc = DB_ASK(d, "SELECT 1 FROM item WHERE id = ? AND state = 'planned'",
                    &one, db_int(id));
    rc = rc > 0 ? 0 : rc < 0 ? rc : -EINVAL;
    if (rc == 0 && original != NULL)
        rc = insert_file(store, id, original);
    if (rc < 0)
        return rc;
    rc = update_planned(store, id, result);
    if (rc < 0 && d->broken == 0)
        d->broken = rc; /* a file of an item that is not done: never commit */
    return rc;
}

static int mark_fetched_done(store *store, int64_t id,
                             const store_result *result)
{
    int rc = update_fetched(store, id, result);

    return rc < 0 ? rc : insert_result(store, id, result);
}

int store_mark_done(store *store, int64_t id, const store_result *result)
{
    int rc;

    if (result->fetched != NULL) {
        rc = mark_planned_done(store, id, result);
        if (rc >= 0)
            rc = forget_address(store, id);
        return pass_step(store, id, rc, "done");
    }
    rc = db_savepoint(&store->db);
    if (rc < 0)
        return store_pass(store, rc, "save the state of an item");
    rc = mark_fetched_done(store, id, result);
    if (rc >= 0)
        rc = forget_address(store, id);
    return end_step(store, id, rc, "done");
}

static int mark_ended(store *store, int64_t id, enum store_state state,
                      const char *class_name, const char *reason,
                      db_value attempts)
{
    db *d = &store->db;
    char clean[STORE_TEXT_MAX];
    int rc = db_savepoint(d);

    if (rc < 0)
        return store_pass(store, rc, "save the state of an item");
    rc = one_row(DB_RUN(d,
                        "UPDATE item SET state = ?, class = ?, reason = ?,"
                        " attempts = coalesce(?, attempts) WHERE id = ?"
                        " AND state IN ('planned', 'fetched')",
                        db_text(state_names[state]), db_text(class_name),
                        db_text(store_clean(store, reason, clean)), attempts,
                        db_int(id)));
    if (rc == 0)
        rc = forget_address(store, id);
    return end_step(store, id, rc, state_names[state]);
}

int store_note_bytes(store *store, int64_t id, const files_stamp *stamp)
{
    char hash[17];
    int rc;

    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)stamp->hash);
    rc = DB_RUN(&store->db,
                "UPDATE item SET bytes = ?, xxh64 = ?"
                " WHERE id = ? AND state = 'planned'",
                db_int((int64_t)stamp->size), db_text(hash), db_int(id));
    return store_pass(store, rc < 0 ? rc : 0, "save the state of an item");
}

/* A file under a final name is a promise that it is good. */
int store_mark_failed(store *store, int64_t id, const char *class_name,
                      const char *reason, int attempts)
{
    int rc = reconcile_drop_files(store, id);

    if (rc < 0)
        return store_pass(store, rc, "remove the files of a failed item");
    return mark_ended(store, id, STORE_FAILED, class_name, reason,
                      db_int(attempts));
}

int store_mark_skipped(store *store, int64_t id, const char *reason)
{
    return mark_ended(store, id, STORE_SKIPPED, NULL, reason, db_count(-1));
}

int store_plan_again(store *store, unsigned states, const char *class_name)
{
    store_item item = { 0 };
    int planned = 0, rc;

    while ((rc = store_next_item(store, item.id, states, &item)) > 0) {
        const char *class = item.class_name != NULL ? item.class_name : "";

        if (class_name != NULL && strcmp(class, class_name) != 0)
            continue;
        if (strcmp(class, "bad-line") == 0)
            continue; /* it would make no more sense the next time */
        rc = reconcile_plan_again(store, item.id);
        if (rc < 0)
            break;
        planned++;
    }
    return rc < 0 ? store_pass(store, rc, "plan items again") : planned;
}
