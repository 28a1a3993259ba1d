/* The beginning of a body whose connection broke: the rest is asked for.
 *
 * A big file over a bad line would otherwise begin anew each time. What makes
 * it sound is that the server must show that it speaks of the same bytes: it
 * gets the validator of the first answer with the question (If-Range) and sends
 * all of it anew if that has changed. Servers are known that do not listen to
 * that, so the part that comes must be the one that was asked for, to its end,
 * of a whole of the same length, and may name no other validator. A weak
 * validator does not promise the same bytes and is not used.
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

/* A whole was promised: this is what its rest will have to fit to. It may be
 * another than the one before, if that has changed. */
static bool begin(sl__partial *partial, const sl__headers *head)
{
    const char *validator = strong_validator(head);

    free(partial->validator);
    partial->validator = NULL;
    partial->body_size = 0;
    partial->length = head->length;
    /* Of a compressed body the answer need not say so again. */
    if (validator != NULL && head->has_length && !head->is_chunked &&
        head->encoding == NULL)
        partial->validator = strdup(validator);
    return partial->validator != NULL;
}

bool sl__partial_keep(sl__partial *partial, const sl__headers *head,
                      sl__body *body)
{
    if (head->status == 200 ? !begin(partial, head) : head->status != 206)
        return false;
    /* Each question must bring something, or it is not asked again. */
    if (partial->validator == NULL || body->size >= partial->length ||
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

/* Whoever says what this part is of, says the same as before. */
static bool is_of_the_same(const sl__partial *partial, const sl__headers *head)
{
    const char *now =
        partial->validator[0] == '"' ? head->etag : head->last_modified;

    return now == NULL || strcmp(now, partial->validator) == 0;
}

bool sl__partial_is_continued(const sl__partial *partial,
                              const sl__headers *head)
{
    uint64_t first, last, whole;
    int end = 0;

    if (head->status != 206 || head->encoding != NULL ||
        !is_of_the_same(partial, head))
        return false;
    if (head->has_length && !head->is_chunked &&
        head->length != partial->length - partial->body_size)
        return false;
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
