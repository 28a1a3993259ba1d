/* Codes in words, and the text that a task gives its error.
 *
 * The text belongs to the task and not to the thread: another task may run and
 * fail between the failure here and the moment it is read.
 */
#include <starling/error.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "sched/loop.h"

static __thread char thread_text[TEXT_MAX_BYTES];

const char *sl_strerror(int rc)
{
    switch (rc) {
    case SL_OK:
        return "success";
    case SL_ECLOSED:
        return "closed";
    case SL_EBROKEN:
        return "broken";
    case SL_EDEADLOCK:
        return "deadlock: nothing can wake what is waiting";
    case SL_EREUSED:
        return "used a second time";
    case SL_EWORKERDIED:
        return "the worker process died";
    case SL_ENOTREADY:
        return "not ready yet";
    case SL_EINCOMPLETE:
        return "ended in the middle";
    default:
        return strerrordesc_np(rc < 0 ? -rc : rc)
                   ? strerrordesc_np(rc < 0 ? -rc : rc)
                   : "unknown error";
    }
}

static char *own_text(sl_task *task)
{
    task_extra *extra;

    if (task == NULL)
        return thread_text;
    extra = sl__task_extra(task);
    if (extra == NULL)
        return NULL;
    if (extra->text == NULL)
        extra->text = calloc(1, TEXT_MAX_BYTES);
    return extra->text;
}

int sl_fail(int rc, const char *format, ...)
{
    char *text = own_text(sl_self());
    char whole[TEXT_MAX_BYTES];
    va_list args;

    if (text == NULL)
        return rc; /* without memory the code has to do */
    /* By way of a copy: an argument may be the present text itself. */
    va_start(args, format);
    vsnprintf(whole, sizeof whole, format, args);
    va_end(args);
    memcpy(text, whole, sizeof whole);
    return rc;
}

const char *sl_errmsg(void)
{
    sl_task *task = sl_self();

    return task != NULL ? sl__task_text(task) : thread_text;
}

void sl__text_copy(sl_task *to, const char *text)
{
    char *own;

    if (text[0] == '\0') {
        if (to != NULL && to->extra != NULL && to->extra->text != NULL)
            to->extra->text[0] = '\0';
        return;
    }
    own = own_text(to);
    if (own != NULL && own != text)
        snprintf(own, TEXT_MAX_BYTES, "%s", text);
}
