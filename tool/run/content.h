/* content.h: what a picture's bytes are known by, and who has the same.
 *
 *     content_describe(run, &content, data, size, checksum);
 *     rc = content_claim(run, &content, find, arg, &twin); 0: nobody has them
 *     ...
 *     content_release(run, &content);                    always
 *
 * While an item holds a claim, others with the same bytes wait: when it is
 * over, there is a twin whose files they can link to.
 */
#ifndef TOOL_RUN_CONTENT_H
#define TOOL_RUN_CONTENT_H

#include "run/run.h"

enum { CONTENT_REASON_MAX = 320 };

typedef struct content {
    const void *data; /* lent */
    uint64_t size;
    files_stamp stamp;
    bool is_claimed;
    struct content *next; /* of those that are */
} content;

/* Compute the stamp, and compare with a checksum in the form of checksum.h
 * ("": none is expected). Returns 1; 0 and the reason in words when the bytes
 * are not what was expected; or SL_ECANCELED, -ENOMEM. */
SL_WAITS int content_describe(run *run, content *content, const char *checksum,
                              char reason[CONTENT_REASON_MAX]);

/* `find` looks for a twin with store_find_twin() and returns what that does. It
 * is called on the store's thread, and may change the books before.
 *
 * Returns 0: claimed; 1: `twin` has the very same bytes, and all its files are
 * now there under the item's names as well; or an error of the run. */
SL_WAITS int content_claim(run *run, content *content,
                           int (*find)(store *store, void *arg), void *arg,
                           store_twin *twin);
void content_release(run *run, content *content);

#endif
