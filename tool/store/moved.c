/* A picture of this machine is known by its path, and a project that is moved,
 * copied or mounted elsewhere takes pictures and run along. The end that the
 * old and the new path of the run's folder have in common tells what was moved:
 * from /home/a/sky/run to /mnt/sky/run it is all that was below /home/a. Only
 * what is there at the new place is taken to have moved.
 */
#include "store/moved.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/identity.h"

typedef struct moved {
    char from[FOLDER_PATH_MAX]; /* without a slash at the end */
    char to[FOLDER_PATH_MAX];
} moved;

/* Cut off both what they end in alike, in whole names. */
static void find_move(const char *before, const char *now, moved *out)
{
    size_t a = strlen(before), b = strlen(now), alike = 0;

    for (size_t n = 1; n <= a && n <= b; n++) {
        if (before[a - n] != now[b - n])
            break;
        if (now[b - n] == '/')
            alike = n;
    }
    snprintf(out->from, sizeof out->from, "%.*s", (int)(a - alike), before);
    snprintf(out->to, sizeof out->to, "%.*s", (int)(b - alike), now);
}

/* Who has that identity already keeps it. */
static int move_item(store *store, const moved *moved, int64_t id,
                     const char *path)
{
    char now[2 * FOLDER_PATH_MAX], identity[IDENTITY_SIZE];
    int rc;

    snprintf(now, sizeof now, "%s%s", moved->to, path + strlen(moved->from));
    if (access(now, F_OK) < 0)
        return 0;
    rc = identity_of_url(now, store->salt, identity);
    if (rc == 0)
        rc = DB_RUN(&store->db,
                    "UPDATE OR IGNORE item SET identity = ?, path = ?"
                    " WHERE id = ?",
                    db_text(identity), db_text(now), db_int(id));
    return rc < 0 ? rc : 0;
}

static int move_items(store *store, const moved *moved)
{
    char below[FOLDER_PATH_MAX + 1];
    int64_t id = 0;
    sqlite3_stmt *row;
    int rc;

    snprintf(below, sizeof below, "%s/", moved->from);
    for (;;) {
        char path[STORE_TEXT_MAX];

        row = DB_PREPARE(&store->db,
                         "SELECT id, path FROM item WHERE id > ?1"
                         " AND NOT url_masked"
                         " AND substr(path, 1, length(?2)) = ?2"
                         " ORDER BY id LIMIT 1",
                         &rc, db_int(id), db_text(below));
        if (row != NULL)
            rc = db_step(&store->db, row);
        if (rc <= 0)
            return rc;
        id = sqlite3_column_int64(row, 0);
        snprintf(path, sizeof path, "%s", sqlite3_column_text(row, 1));
        sqlite3_reset(row);
        rc = move_item(store, moved, id, path);
        if (rc < 0)
            return rc;
    }
}

/* 1 and where the folder was, if that was elsewhere. */
static int find_folder_before(store *store, char before[FOLDER_PATH_MAX])
{
    int rc;
    sqlite3_stmt *row =
        DB_PREPARE(&store->db, "SELECT folder FROM run WHERE folder <> ?", &rc,
                   db_text(store->folder.path));

    if (row != NULL)
        rc = db_step(&store->db, row);
    if (rc <= 0)
        return rc;
    snprintf(before, FOLDER_PATH_MAX, "%s", sqlite3_column_text(row, 0));
    sqlite3_reset(row);
    return 1;
}

int moved_follow(store *store)
{
    char before[FOLDER_PATH_MAX];
    moved moved;
    int rc = db_begin(&store->db);

    if (rc == 0)
        rc = find_folder_before(store, before);
    if (rc > 0) {
        find_move(before, store->folder.path, &moved);
        rc = move_items(store, &moved);
    }
    if (rc == 0)
        rc = DB_RUN(&store->db,
                    "UPDATE run SET folder = ?1"
                    " WHERE folder IS NOT ?1",
                    db_text(store->folder.path));
    return rc < 0 ? rc : 0;
}
