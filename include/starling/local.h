/* local.h: values that belong to a task and to what it starts.
 *
 *     static sl_local request_id;                   one for the program
 *
 *     sl_local_set(&request_id, "r-17");            in a task
 *     log("%s: ...", (char *)sl_local_get(&request_id));   in it, or below it
 *
 * A task sees its own value, else that of the task whose group it is in, and so
 * on upwards: they all live longer than it does.
 */
#ifndef STARLING_LOCAL_H
#define STARLING_LOCAL_H

#include <starling/api.h>

SL_BEGIN

/* A key: its address is what counts. Zero-initialised, or with a function that
 * is called with each value when its task ends or replaces it. */
typedef struct sl_local {
    void (*drop)(void *value);
} sl_local;

/* Set the calling task's own value; takes `value`. Returns 0, or -ENOMEM and
 * then `value` is still the caller's. */
SL_API int sl_local_set(const sl_local *key, void *value);

/* The nearest value upwards from the calling task; NULL if there is none. Lent
 * until the task that set it ends or replaces it. */
SL_API void *sl_local_get(const sl_local *key);

SL_END

#endif
