/* Digests of whole pictures take milliseconds: they are computed on the threads
 * that read and write files, but for small ones, whose way there and back would
 * take longer.
 *
 * The stamp is no proof: 64 bits can be made to meet. So the bytes of a twin
 * are compared before anything is linked to it.
 */
#include "run/content.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/scope.h>

#include "run/keep.h"
#include "store/checksum.h"

enum { SMALL = 64 << 10 };

typedef struct describing {
    content *content;
    const char *wanted;
    char found[CHECKSUM_MAX];
} describing;

static int describe(void *arg)
{
    describing *d = arg;
    content *content = d->content;

    content->stamp = files_stamp_of(content->data, content->size);
    return d->wanted[0] != '\0' ? checksum_compute(d->wanted, content->data,
                                                   content->size, d->found)
                                : 0;
}

int content_describe(run *run, content *content, const char *checksum,
                     char reason[CONTENT_REASON_MAX])
{
    describing d = { .content = content, .wanted = checksum };
    const char *colon;
    int rc = content->size <= SMALL ? describe(&d)
                                    : sl_crew_call(run->files, describe, &d);

    if (rc == -ENOTSUP) {
        snprintf(reason, CONTENT_REASON_MAX,
                 "this system does not compute such checksums: %s", checksum);
        return 0;
    }
    if (rc < 0)
        return rc;
    if (checksum[0] == '\0' || strcmp(d.found, checksum) == 0)
        return 1;
    colon = strchr(checksum, ':');
    snprintf(reason, CONTENT_REASON_MAX, "its bytes have %s, not %s", d.found,
             colon != NULL ? colon + 1 : checksum);
    return 0;
}

/* Claims. */

/* Those of about the same hash. */
static struct content **claims_like(run *run, const content *content)
{
    return &run->claims[content->stamp.hash % RUN_CLAIM_LISTS];
}

static bool is_claimed(run *run, const content *wanted)
{
    for (const content *c = *claims_like(run, wanted); c != NULL; c = c->next)
        if (c->stamp.hash == wanted->stamp.hash && c->size == wanted->size)
            return true;
    return false;
}

static int take_claim(run *run, content *content)
{
    int rc = 0;

    while (is_claimed(run, content) && rc == 0) {
        sl_event_clear(&run->claim_over);
        rc = sl_event_wait(&run->claim_over);
    }
    if (rc < 0)
        return rc;
    content->is_claimed = true;
    content->next = *claims_like(run, content);
    *claims_like(run, content) = content;
    return 0;
}

void content_release(run *run, content *content)
{
    struct content **at = claims_like(run, content);

    if (!content->is_claimed)
        return;
    while (*at != content)
        at = &(*at)->next;
    *at = content->next;
    content->is_claimed = false;
    sl_event_set(&run->claim_over);
}

/* Twins. */

typedef struct linking {
    run *run;
    const content *content;
    store_twin *twin;
} linking;

static int folder_of(const linking *l, const struct store_twin_file *file)
{
    return store_folder(l->run->books.store, file->folder);
}

static void unlink_first(const linking *l, int count)
{
    for (int i = 0; i < count; i++)
        /* What cannot be removed is an orphan for the next start. */
        if (unlinkat(folder_of(l, &l->twin->files[i]), l->twin->files[i].other,
                     0) < 0)
            continue;
}

/* 1 when all are linked, 0 when it is no twin or cannot be linked to. */
static int link_all(void *arg)
{
    linking *l = arg;
    const struct store_twin_file *files = l->twin->files;
    files_how how = keep_how(l->run);
    int rc = files_holds(folder_of(l, &files[0]), files[0].name,
                         l->content->data, l->content->size);

    for (int i = 0; i < l->twin->file_count && rc > 0; i++) {
        rc = files_link(folder_of(l, &files[i]), files[i].name, files[i].other,
                        &how);
        if (rc == 0)
            rc = 1;
        else
            unlink_first(l, i);
    }
    /* Without the first one's file, or a second name for it, the picture is
     * worked on like any other; and that meets every other error, too. */
    return rc > 0;
}

int content_claim(run *run, content *content,
                  int (*find)(store *store, void *arg), void *arg,
                  store_twin *twin)
{
    linking linking = { run, content, twin };
    sl_scope shield;
    int rc = take_claim(run, content);

    if (rc < 0)
        return rc;
    rc = books_change(&run->books, find, arg);
    if (rc <= 0)
        return rc < 0 ? run_fail_books(run) : 0;
    sl_shield_open(&shield, SL_FOREVER);
    rc = sl_crew_call(run->files, link_all, &linking);
    return sl_scope_close(&shield, rc);
}
