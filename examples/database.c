/* A database read by several tasks. SQLite blocks, so each query runs on a
 * thread; a connection must not be used by two at once, so the open ones are in
 * a queue: who needs one takes it, and brings it back. Ten tasks, three
 * connections, and nobody has to think about locks.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

enum { CONNECTIONS = 3, READERS = 10, STARS = 1000 };

static const char *const fill =
    "CREATE TABLE stars (id INTEGER PRIMARY KEY, magnitude INTEGER);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    "                        WHERE i < 1000)"
    "INSERT INTO stars SELECT i, i % 10 FROM n;";

struct query {
    sqlite3 *connection;
    int magnitude, count;
};

/* On a thread. */
static int run_query(void *arg)
{
    struct query *query = arg;
    sqlite3_stmt *statement;
    int rc = -EIO;

    if (sqlite3_prepare_v2(query->connection,
                           "SELECT count(*) FROM stars WHERE magnitude = ?", -1,
                           &statement, NULL) != SQLITE_OK)
        return -EIO;
    sqlite3_bind_int(statement, 1, query->magnitude);
    block_for(query->magnitude * SL_MS(1)); /* a disk that takes its time */
    if (sqlite3_step(statement) == SQLITE_ROW) {
        query->count = sqlite3_column_int(statement, 0);
        rc = 0;
    }
    sqlite3_finalize(statement);
    return rc;
}

struct read_stars_args {
    sl_queue *connections;
    int magnitude;
    int *count;
};

static int read_stars(void *arg)
{
    struct read_stars_args *args = arg;
    struct query query = { .magnitude = args->magnitude };
    int rc = sl_queue_get(args->connections, &query.connection);

    if (rc < 0)
        return rc;
    rc = sl_to_thread(run_query, &query);
    *args->count = query.count;
    /* There is room: it came out of there. */
    if (sl_queue_try_put(args->connections, &query.connection) < 0)
        rc = rc < 0 ? rc : -EPIPE;
    return rc;
}

static int read_all(sl_queue *connections)
{
    int counts[READERS] = { 0 }, total = 0, rc;
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < READERS; i++)
        sl_go(&group, read_stars, .connections = connections, .magnitude = i,
              .count = &counts[i]);
    rc = sl_group_close(&group);
    for (int i = 0; i < READERS; i++)
        total += counts[i];
    if (rc == 0)
        printf("%d readers on %d connections found %d of %d stars\n", READERS,
               CONNECTIONS, total, STARS);
    return rc;
}

/* All connections lead to one database in memory; the first one fills it. */
static int open_connections(sqlite3 *connections[CONNECTIONS], sl_queue *queue)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        if (sqlite3_open_v2(
                "file:sky?mode=memory&cache=shared", &connections[i],
                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
                NULL) != SQLITE_OK)
            return sl_fail(-EIO, "%s", sqlite3_errmsg(connections[i]));
        if (i == 0 &&
            sqlite3_exec(connections[0], fill, NULL, NULL, NULL) != SQLITE_OK)
            return sl_fail(-EIO, "%s", sqlite3_errmsg(connections[0]));
        if (sl_queue_try_put(queue, &connections[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int app(void *unused)
{
    sqlite3 *connections[CONNECTIONS] = { NULL };
    sl_queue *queue = sl_queue_new(SL_FIFO, sizeof(sqlite3 *), CONNECTIONS);
    int rc;

    (void)unused;
    if (queue == NULL)
        return -ENOMEM;
    rc = open_connections(connections, queue);
    if (rc == 0)
        rc = read_all(queue);
    for (int i = 0; i < CONNECTIONS; i++)
        sqlite3_close(connections[i]);
    sl_queue_free(queue);
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "database");
    return sl_main(argc, argv, app, NULL);
}
