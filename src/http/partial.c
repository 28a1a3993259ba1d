/* The beginning of a body whose connection broke: the rest is asked for.
 *
 * A big file over a bad line would otherwise begin anew each time. What makes
 * it sound is that the server must show that it speaks of the same bytes: it
 * gets the validator of the first answer with the question (If-Range) and sends
 * all of it anew if that has changed, and the part that it sends must be the
 * one that was asked for, of a whole of the same length. A weak validator does
 * not promise the same bytes and is not used.
 */
#include "http/partial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "W/..." says only that the contents mean the same. */
static const char *strong_validator(const sl__headers *head)
{
    if (head->etag != NULL)
        return head->etag[0] == '"' ? head->etag : NULL;
    return head->last_modified;
}

bool sl__partial_keep(sl__partial *partial, const sl__headers *head,
                      sl__body *body)
{
    const char *validator = strong_validator(head);

    if (partial->validator == NULL) {
        /* Of a compressed body the answer need not say so again. */
        if (head->status != 200 || validator == NULL || !head->has_length ||
            head->is_chunked || head->encoding != NULL ||
            body->size >= head->length)
            return false;
        partial->validator = strdup(validator);
        partial->length = head->length;
    }
    /* Each question must bring something, or it is not asked again. */
    if (partial->validator == NULL ||
        body->size < partial->body_size + SL__PARTIAL_WORTH)
        return false;
    partial->body = *body;
    partial->body_size = body->size;
    *body = SL__BODY_EMPTY;
    return true;
}

sl__body sl__partial_take(sl__partial *partial)
{
    sl__body body = partial->body;

    partial->body = SL__BODY_EMPTY;
    return body;
}

bool sl__partial_is_continued(const sl__partial *partial,
                              const sl__headers *head)
{
    uint64_t first, last, whole;
    int end = 0;

    if (head->content_range == NULL ||
        sscanf(head->content_range,
               "bytes %20" SCNu64 "-%20" SCNu64 "/%20" SCNu64 "%n", &first,
               &last, &whole, &end) != 3 ||
        head->content_range[end] != '\0')
        return false;
    return first == partial->body_size && whole == partial->length &&
           last == whole - 1;
}

void sl__partial_forget(sl__partial *partial)
{
    sl__body_fini(&partial->body);
    free(partial->validator);
    *partial = (sl__partial){ .body = SL__BODY_EMPTY };
}
