/* Where an item's bytes come from: its server, a file of the user's, or the
 * run's folder, where an earlier session has left them.
 *
 * An item that was done comes here when its server is asked for news. It stays
 * as it is until there are other bytes: only then is it planned again, and what
 * was made of the old ones removed.
 */
#include "run/item_body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "run/item_unpack.h"
#include "run/picture_file.h"
#include "source/inputs.h"

enum { ONCE_MORE = 1 }; /* what fetch_try() says */

int item_no_good(item *item, const char *class_name, const char *reason)
{
    item->failed = true;
    snprintf(item->class_name, sizeof item->class_name, "%s", class_name);
    snprintf(item->reason, sizeof item->reason, "%s", reason);
    return -ECANCELED;
}

int item_judge_job(item *item, int rc)
{
    if (rc == SL_ETIMEDOUT)
        return item_no_good(item, "timeout",
                            "working on it took longer than --timeout");
    if (rc == SL_EWORKERDIED)
        return item_no_good(item, sl_errmsg(),
                            "the worker that held it died twice");
    if (rc == -ENOMEM)
        return item_no_good(item, "memory", "over the worker's memory limit");
    return rc;
}

typedef struct reading {
    item *item;
    int folder;
    const char *path;
} reading;

static int read_body(void *arg)
{
    reading *reading = arg;
    item *item = reading->item;

    return picture_file_read(reading->folder, reading->path,
                             (uint64_t)item->run->options->max_bytes,
                             &item->body, &item->size);
}

static int get_from_file(item *item, int folder, const char *path)
{
    reading reading = { item, folder, path };
    int rc = sl_crew_call(item->run->files, read_body, &reading);

    item->proven = true; /* a file has the length that it has */
    if (rc == -EFBIG)
        return item_no_good(item, "too-large", "the file is over --max-bytes");
    /* It was there when it was planned, or seen from another folder. */
    if (rc == -ENOENT && folder == AT_FDCWD)
        return item_no_good(item, "no-file",
                            path[0] == '/'
                                ? "there is no such file any more"
                                : "there is no such file, as seen from the "
                                  "folder that this was started in");
    if (rc < 0 && rc != -ENOMEM && rc != -EMFILE && rc != -ENFILE &&
        rc != SL_ECANCELED)
        return item_no_good(item, "unreadable", sl_strerror(rc));
    return rc;
}

static void replace(char **text, char **other)
{
    free(*text);
    *text = *other != NULL ? *other : strdup("");
    *other = NULL;
}

static int get_from_network(item *item)
{
    run *run = item->run;
    fetch_turn *turn = item->turn;
    fetch_result result;
    int rc;

    item->turn = NULL;
    run_expect_downloads(run);
    rc = fetch_try(run->fetcher, turn, item->address,
                   &(fetch_options){
                       .obeys_robots = run->obeys_robots,
                       .keep_encoded = true,
                       .etag = item->was_done ? item_or_null(item->etag) : NULL,
                       .last_modified = item->was_done
                                            ? item_or_null(item->last_modified)
                                            : NULL,
                   },
                   &item->course, &result);
    item->put_off =
        rc == ONCE_MORE &&
        order_again(&run->order, item->host, item->id, &item->course) == 0;
    if (item->put_off)
        rc = SL_ECANCELED; /* another task goes on with it */
    order_turn_ended(&run->order);
    if (rc == 0 && result.status == 304) {
        item->unchanged = true;
        rc = -ECANCELED;
    } else if (rc == 0) {
        replace(&item->etag, &result.etag);
        replace(&item->last_modified, &result.last_modified);
        item->body = result.body;
        item->size = result.size;
        item->proven = result.proven;
        item->encoding = result.encoding;
        result.encoding = NULL;
        result.body = (sl_shm){ .fd = -1 };
    } else if (rc != SL_ECANCELED) {
        item->skipped = rc == -EACCES;
        rc = item_no_good(item, result.class_name, result.reason);
    }
    fetch_result_fini(&result);
    return rc;
}

/* A turn that was not needed after all. */
void item_give_turn_back(item *item)
{
    if (item->turn == NULL)
        return;
    fetcher_give_turn(item->run->fetcher, item->turn);
    item->turn = NULL;
    order_turn_ended(&item->run->order);
}

int item_get_body(item *item)
{
    run *run = item->run;
    uint64_t guess = run->typical > GUESS_MIN ? run->typical : GUESS_MIN;
    int rc = budget_take(&run->budget, guess);

    if (rc < 0)
        return rc;
    item->held = guess;
    if (item->has_original && !item->was_done)
        rc =
            get_from_file(item, store_folder(run->books.store, STORE_ORIGINALS),
                          item->original);
    else if (item->address[0] == '\0')
        rc = item_no_good(item, "hidden",
                          "a part of its address is secret and was not stored");
    else if (item->turn != NULL)
        rc = get_from_network(item);
    else
        rc = get_from_file(item, AT_FDCWD, item->address);
    if (rc < 0)
        return rc;
    budget_correct(&run->budget, item->held, item->size);
    item->held = item->size;
    run->typical = (3 * run->typical + item->size) / 4;
    if (item->size == 0)
        return item_no_good(item, "empty", "there are no bytes");
    return item->encoding != NULL ? item_unpack(item) : 0;
}

static int renew(store *store, void *arg)
{
    return store_renew(store, ((item *)arg)->id);
}

int item_compare_with_old(item *item)
{
    char reason[CONTENT_REASON_MAX], hash[17];
    int rc;

    item->content = (content){ .data = item->body.data, .size = item->size };
    rc = content_describe(item->run, &item->content, "", reason);
    if (rc < 0)
        return rc;
    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)item->content.stamp.hash);
    item->unchanged = strcmp(hash, item->xxh64) == 0;
    if (item->unchanged)
        return -ECANCELED;
    item->was_done = item->has_original = false;
    return books_change(&item->run->books, renew, item) < 0
               ? run_fail_books(item->run)
               : 0;
}

void item_keep_old(item *item)
{
    item->failed = false;
    item->unchanged = true;
    item->run->stale++;
    console_message(item->run->console,
                    "%s stays as it is: whether it has changed is not known: "
                    "%s",
                    item->url, item->reason);
}
