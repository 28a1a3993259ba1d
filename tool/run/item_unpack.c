/* Servers are told not to compress, and some do. Undoing it is a worker's job
 * like parsing a picture. How much comes of it nobody knows before, so a worker
 * unpacks it into nothing first and counts: that takes no memory, and a bomb
 * ends there, beside others. What is within --max-bytes then goes into memory
 * of that size, one at a time: that is what a run may use beyond its budget of
 * bytes. What came is copied, since the worker could still write to it.
 */
#include "run/item_unpack.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <starling/error.h>

#include "run/workers.h"
#include "worker/job.h"

static int refuse_encoding(item *item)
{
    char reason[REASON_SIZE];

    snprintf(reason, sizeof reason,
             "the server compressed it with \"%.40s\", which is not read here",
             item->encoding);
    for (char *c = reason; *c != '\0'; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    return item_no_good(item, "unsupported", reason);
}

static int judge(item *item, uint32_t verdict)
{
    const char *words = "what the server compressed has a data error";

    if (verdict == JOB_GOOD)
        return 0;
    if (verdict == JOB_UNSUPPORTED)
        return refuse_encoding(item);
    if (verdict == JOB_TRUNCATED)
        words = "what the server compressed ends before its end";
    else if (verdict == JOB_TOO_LARGE)
        words = "what the server compressed is over --max-bytes when unpacked";
    else if (verdict == JOB_NO_MEMORY)
        words = "over the worker's memory limit";
    else
        verdict = JOB_CORRUPT;
    return item_no_good(item, job_verdict_name(verdict), words);
}

static int judge_answer(item *item, int rc, const job_unpack_answer *answer,
                        size_t room)
{
    if (rc < 0)
        return item_judge_job(item, rc);
    if (rc != sizeof *answer || answer->size > room)
        return item_no_good(item, "protocol",
                            "the worker's answer makes no sense");
    return judge(item, answer->verdict);
}

/* Take over `size` bytes that came. */
static int replace(item *item, const sl_shm *unpacked, uint64_t size)
{
    sl_shm body = { .fd = -1 };
    int rc = size > 0 ? sl_shm_open(size, &body) : 0;

    if (rc < 0)
        return rc;
    if (size > 0)
        memcpy(body.data, unpacked->data, size);
    sl_shm_close(&item->body);
    item->body = body;
    item->size = size;
    budget_correct(&item->run->budget, item->held, size);
    item->held = size;
    /* Of gzip and its kind the end was seen, whatever the connection did. */
    item->proven = true;
    return size > 0 ? 0 : item_no_good(item, "empty", "there are no bytes");
}

static bool write_name(const item *item, char name[JOB_ENCODING_MAX])
{
    size_t size = strlen(item->encoding);

    if (size >= JOB_ENCODING_MAX)
        return false;
    for (size_t i = 0; i <= size; i++)
        name[i] = (char)tolower((unsigned char)item->encoding[i]);
    return true;
}

/* Into `result`, or nowhere (NULL); *size bytes come of it. */
static int unpack(item *item, sl_pool *pool, const sl_shm *result,
                  uint64_t *size)
{
    uint64_t most = item->run->options->max_bytes;
    job_unpack_request in = { .body_size = item->size, .most = most };
    job_unpack_answer answer;
    sl_job_request request = { .job = JOB_UNPACK,
                               .in = &in,
                               .in_size = sizeof in,
                               .out = &answer,
                               .out_capacity = sizeof answer,
                               .body = &item->body,
                               .result = result,
                               .limit = item->run->options->timeout };
    int rc;

    if (!write_name(item, in.encoding))
        return refuse_encoding(item);
    rc = judge_answer(item, workers_run(pool, &request), &answer,
                      result != NULL ? result->size : most);
    if (rc == 0)
        *size = answer.size;
    return rc;
}

static int unpack_into_memory(item *item, sl_pool *pool, uint64_t size)
{
    sl_shm unpacked = { .fd = -1 };
    int rc = size > 0 ? sl_shm_open(size, &unpacked) : 0;

    if (rc == 0 && size > 0)
        rc = unpack(item, pool, &unpacked, &size);
    if (rc == 0)
        rc = replace(item, &unpacked, size);
    sl_shm_close(&unpacked);
    return rc;
}

int item_unpack(item *item)
{
    run *run = item->run;
    uint64_t size;
    sl_pool *pool;
    int rc = workers_for(run, JOB_FORMAT_UNKNOWN, &pool);

    if (rc == 0)
        rc = unpack(item, pool, NULL, &size);
    if (rc == 0)
        rc = sl_lock_acquire(&run->unpacking);
    if (rc < 0)
        return rc;
    rc = unpack_into_memory(item, pool, size);
    (void)sl_lock_release(&run->unpacking); /* this task holds it */
    return rc;
}
