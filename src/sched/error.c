/* Codes in words, and the text that a task gives its error.
 *
 * The text belongs to the task and not to the thread: another task may run and
 * fail between the failure here and the moment it is read. It remembers the
 * code that it is about, so that the words of an error which was dealt with are
 * not taken for those of the next one.
 */
#include <starling/error.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/given.h"
#include "sched/loop.h"
#include "sched/words.h"

static __thread error_text thread_text;

const char *sl_strerror(int rc)
{
    if (rc >= SL_OK)
        return "success";
    switch (rc) {
    case SL_ETIMEDOUT: /* libc says "Connection", which it need not be */
        return "timed out";
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
        return strerrordesc_np(-rc) ? strerrordesc_np(-rc) : "unknown error";
    }
}

/* NULL if it has none yet. */
static error_text *text_of(const sl_task *task)
{
    if (task == NULL)
        return &thread_text;
    return task->extra != NULL ? task->extra->text : NULL;
}

static error_text *make_text(sl_task *task)
{
    task_extra *extra;

    if (task == NULL)
        return &thread_text;
    extra = sl__task_extra(task);
    if (extra != NULL && extra->text == NULL)
        extra->text = calloc(1, sizeof *extra->text);
    return extra != NULL ? extra->text : NULL;
}

int sl_fail(int rc, const char *format, ...)
{
    sl_given(format);

    error_text *text = make_text(sl_self());
    char whole[TEXT_MAX_BYTES];
    va_list args;

    if (text == NULL)
        return rc; /* without memory the code has to do */
    /* By way of a copy: an argument may be the present text itself. */
    va_start(args, format);
    vsnprintf(whole, sizeof whole, format, args);
    va_end(args);
    memcpy(text->words, whole, sizeof whole);
    text->rc = rc;
    return rc;
}

const char *sl_errmsg(void)
{
    const error_text *text = text_of(sl_self());

    return text != NULL ? text->words : "";
}

/* The text if it is about `rc`, else "". */
static const char *words_about(const sl_task *task, int rc)
{
    const error_text *text = text_of(task);

    return text != NULL && text->rc == rc ? text->words : "";
}

void sl__words_forget(void)
{
    thread_text.rc = 0;
    thread_text.words[0] = '\0';
}

const char *sl__words_about(int rc)
{
    return rc < 0 ? words_about(NULL, rc) : "";
}

const char *sl_explain(int rc)
{
    const char *words = words_about(sl_self(), rc);

    return rc < 0 && words[0] != '\0' ? words : sl_strerror(rc);
}

const char *sl__task_text(const sl_task *task)
{
    return words_about(task, task->rc);
}

void sl__text_take_over(sl_task *to, const sl_task *from)
{
    const char *words = sl__task_text(from);
    error_text *text = words[0] != '\0' ? make_text(to) : text_of(to);

    if (text == NULL || text->words == words)
        return;
    snprintf(text->words, sizeof text->words, "%s", words);
    text->rc = from->rc;
}
