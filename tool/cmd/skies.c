/* A job for each star field. The pictures stay in shared memory, where the
 * workers put them, and where anybody may serve them from.
 */
#include "cmd/skies.h"

#include <errno.h>

#include <starling/group.h>

static size_t room_for(const demo_item *item)
{
    return item->stars * sizeof(job_star) + (1 << 20) +
           3 * (size_t)item->width * item->height;
}

static int check(const sky *sky, const demo_item *item, int size)
{
    const job_sky_answer *answer = &sky->answer;
    size_t room = sky->memory.size;

    if (size < 0)
        return size;
    return size == sizeof *answer && answer->picture_offset <= room &&
                   answer->picture_size <= room - answer->picture_offset &&
                   answer->star_count <= item->stars
               ? 0
               : -EPROTO;
}

struct draw_args {
    sl_pool *pool;
    const demo_item *item;
    sky *sky;
};

static int draw(void *arg)
{
    struct draw_args *a = arg;
    const demo_item *item = a->item;
    job_sky_request in = { item->seed, item->width, item->height, item->stars,
                           item->quality };
    sl_job_request request = { .job = JOB_SKY,
                               .in = &in,
                               .in_size = sizeof in,
                               .out = &a->sky->answer,
                               .out_capacity = sizeof a->sky->answer,
                               .result = &a->sky->memory };
    int rc = sl_shm_open(room_for(item), &a->sky->memory);

    if (rc < 0)
        return rc;
    return check(a->sky, item, sl_pool_run(a->pool, &request));
}

int skies_draw(sl_pool *pool, const demo_item items[], sky skies[], int count)
{
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < count; i++)
        if (items[i].width > 0)
            sl_go(&group, draw, .pool = pool, .item = &items[i],
                  .sky = &skies[i]);
    return sl_group_close(&group);
}

void skies_free(sky skies[], int count)
{
    for (int i = 0; i < count; i++)
        sl_shm_close(&skies[i].memory);
}

const void *sky_picture(const sky *sky)
{
    return (const char *)sky->memory.data + sky->answer.picture_offset;
}
