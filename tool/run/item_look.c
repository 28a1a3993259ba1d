/* The first bytes tell what a picture is and what its file will be called.
 * Those of a packed one are within, and what unpacks them is a worker: gzip,
 * too, is a stranger's. Here it undoes no more of it than a look takes; whoever
 * works on the picture later does the whole, in the worker that decodes it. So
 * a packed picture is kept as it came, and costs the run no more than its own
 * bytes.
 */
#include "run/item_look.h"

#include <string.h>

#include "run/workers.h"
#include "worker/job.h"

static int look_within(item *item, sl_pool *pool, job_look_answer *answer)
{
    job_look_request in = { .body_size = item->size };
    sl_job_request request = { .job = JOB_LOOK,
                               .in = &in,
                               .in_size = sizeof in,
                               .out = answer,
                               .out_capacity = sizeof *answer,
                               .body = &item->body,
                               .limit = item->run->options->timeout };

    return workers_run(pool, &request);
}

static int find_within(item *item)
{
    job_look_answer answer;
    sl_pool *pool;
    int rc = workers_for(item->run, JOB_FORMAT_UNKNOWN, &pool);

    if (rc == 0)
        rc = look_within(item, pool, &answer);
    if (rc < 0)
        return item_judge_job(item, rc);
    if (!job_look_check(&answer, (size_t)rc))
        return item_no_good(item, "protocol",
                            "the worker's answer makes no sense");
    if (answer.verdict != JOB_GOOD)
        return item_no_good(item, job_verdict_name(answer.verdict),
                            answer.reason);
    item->found = (sniffed){ answer.format, JOB_GOOD, "" };
    return 0;
}

int item_look(item *item)
{
    item->packing = sniff_packing(item->body.data, item->size);
    if (item->packing != JOB_PLAIN)
        return find_within(item);
    item->found = sniff(item->body.data, item->size);
    return item->found.verdict == JOB_GOOD
               ? 0
               : item_no_good(item, job_verdict_name(item->found.verdict),
                              item->found.reason);
}
