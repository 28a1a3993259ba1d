/* Stems: proposed by the template or the URL, made unique.
 *
 * Unique means more than not equal: what items make is named after them, and
 * edges_x_64 could be the edges of x_64 or a thumbnail of edges_x. So two such
 * stems do not go together either.
 */
#include "store/stems.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "store/template.h"

static int is_taken(store *store, const char *stem)
{
    int64_t one;

    return DB_ASK(&store->db, "SELECT 1 FROM item WHERE stem = ?", &one,
                  db_text(stem));
}

/* "x_*": any stem from "x_" up to, and without, the byte behind '_'. */
static int is_rival(void *context, const char *rival)
{
    store *store = context;
    size_t n = strlen(rival);
    char from[2 * NAMES_MAX], to[2 * NAMES_MAX];
    int64_t one;

    if (rival[n - 1] != '*')
        return is_taken(store, rival);
    snprintf(from, sizeof from, "%.*s", (int)(n - 1), rival);
    snprintf(to, sizeof to, "%s", from);
    to[n - 2]++;
    return DB_ASK(&store->db,
                  "SELECT 1 FROM item WHERE stem >= ? AND stem < ? LIMIT 1",
                  &one, db_text(from), db_text(to));
}

static int is_unusable(store *store, const char *stem)
{
    int rc = is_taken(store, stem);

    return rc != 0 ? rc : names_each_rival(stem, is_rival, store);
}

/* cat, cat-2, cat-3. Where the count stands is kept, so the ten thousandth
 * "image.jpg" takes as long as the second. */
int store_choose_stem(store *store, char stem[NAMES_MAX + 1])
{
    char numbered[NAMES_MAX + 1];
    int64_t next = 2;
    int rc = is_unusable(store, stem);

    if (rc <= 0)
        return rc;
    rc = DB_ASK(&store->db, "SELECT next FROM numbered WHERE stem = ?", &next,
                db_text(stem));
    do {
        if (rc < 0)
            return rc;
        names_number(stem, (unsigned)next++, numbered);
        rc = is_unusable(store, numbered); /* a real "cat-2" may be there */
    } while (rc != 0);
    rc = DB_RUN(&store->db,
                "INSERT INTO numbered (stem, next) VALUES (?1, ?2)"
                " ON CONFLICT (stem) DO UPDATE SET next = ?2",
                db_text(stem), db_int(next));
    if (rc < 0)
        return rc;
    strcpy(stem, numbered);
    return 0;
}

static bool is_url(const char *address)
{
    return strstr(address, "://") != NULL;
}

static void name_after_address(const char *address, const char *stem,
                               names_pair *out)
{
    if (is_url(address))
        names_from_url(address, out);
    else
        names_from_path(stem != NULL ? stem : address, out);
}

void stems_propose(const store *store, const store_new_item *item,
                   const char *identity, names_pair *out)
{
    char host[NAMES_MAX + 1], hash[17];
    template_fields fields = { .index = store->newest,
                               .host = host,
                               .date = item->date,
                               .title = item->title,
                               .hash = hash };

    if (store->name == NULL && item->stem != NULL) {
        names_from_path(item->stem, out);
        return;
    }
    name_after_address(item->url, item->stem, out);
    if (store->name == NULL)
        return;
    template_host(item->url, host);
    snprintf(hash, sizeof hash, "%.16s", identity);
    names_pair plain = *out;

    fields.stem = plain.stem;
    template_expand(store->name, &fields, out->stem);
}

/* The stem that an item has, and the one that it should have. */
static int rename_by_content(store *store, sqlite3_stmt *row, const char *hash,
                             char stem[NAMES_MAX + 1])
{
    const char *url = (const char *)sqlite3_column_text(row, 1);
    char host[NAMES_MAX + 1];
    names_pair plain;
    template_fields fields = {
        .index = sqlite3_column_int64(row, 0) - 1,
        .host = host,
        .stem = plain.stem,
        .date = (const char *)sqlite3_column_text(row, 2),
        .title = (const char *)sqlite3_column_text(row, 3),
        .hash = hash,
    };

    name_after_address(url, NULL, &plain);
    template_host(url, host);
    template_expand(store->name, &fields, stem);
    return strcasecmp(stem, (const char *)sqlite3_column_text(row, 4)) == 0
               ? 0
               : store_choose_stem(store, stem);
}

static int note_stem(store *store, int64_t id, const char *hash,
                     char stem[NAMES_MAX + 1])
{
    int rc;
    sqlite3_stmt *row = DB_PREPARE(&store->db,
                                   "SELECT id, url, date, title, stem"
                                   " FROM item WHERE id = ?",
                                   &rc, db_int(id));

    if (row == NULL)
        return rc;
    rc = db_step(&store->db, row);
    if (rc > 0) {
        rc = rename_by_content(store, row, hash, stem);
        sqlite3_reset(row);
    }
    if (rc == 0)
        rc = DB_RUN(&store->db,
                    "UPDATE item SET stem = ?1,"
                    " name = ?1 || substr(name, length(stem) + 1)"
                    " WHERE id = ?2",
                    db_text(stem), db_int(id));
    return rc < 0 ? rc : 0;
}

bool store_names_by_content(const store *store)
{
    return store->name != NULL && template_has_hash(store->name);
}

int store_note_content(store *store, int64_t id, const files_stamp *stamp,
                       char *stem, size_t stem_size)
{
    char hash[17], named[NAMES_MAX + 1];
    int rc = db_begin(&store->db);

    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)stamp->hash);
    if (rc == 0)
        rc = note_stem(store, id, hash, named);
    if (rc == 0)
        snprintf(stem, stem_size, "%s", named);
    return store_pass(store, rc, "save the state of an item");
}
