/* partial.h: the beginning of a body whose connection broke. */
#ifndef SL_HTTP_PARTIAL_H
#define SL_HTTP_PARTIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "http/body.h"
#include "http/headers.h"

/* Less than this more is not worth another question. */
enum { SL__PARTIAL_WORTH = 64 * 1024 };

typedef struct sl__partial {
    sl__body body;      /* while no transfer has it */
    uint64_t body_size; /* of what there is */
    uint64_t length;    /* of the whole */
    char *validator;    /* that it has at the server; NULL: nothing is kept */
} sl__partial;

#define SL__PARTIAL_NONE ((sl__partial){ .body = SL__BODY_EMPTY })

/* Take the body of an answer that broke off, for a question about the rest.
 * False, and nothing is taken, if that is not possible or not worth it. */
bool sl__partial_keep(sl__partial *partial, const sl__headers *head,
                      sl__body *body);

/* Its body, for the transfer that is to bring the rest. */
sl__body sl__partial_take(sl__partial *partial);

/* Whether a 206 answer is that rest, by all that it says of itself. */
bool sl__partial_is_continued(const sl__partial *partial,
                              const sl__headers *head);

void sl__partial_forget(sl__partial *partial);

#endif
