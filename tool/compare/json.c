/* The comparison for programs. */
#include "compare/show.h"

#include <jansson.h>

static json_t *rounds_of(const contest *contest, const contestant *c)
{
    json_t *list = json_array();

    for (int i = 0; i < contest->round_count; i++)
        json_array_append_new(list, json_real(c->rounds[i].wall_s));
    return list;
}

/* Whatever cannot be made for want of memory is NULL, and then the whole. */
static json_t *object_of(const contest *contest, const contestant *c)
{
    const contest_shape *shape = &contest_shapes[c->mode];

    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f, "
                     "s:f, s:f, s:I, "
                     "s:o}",
                     "mode", shape->name, "workers", c->workers, "processes",
                     shape->processes ? c->workers : 1, "lanes",
                     shape->many_lanes ? c->workers : 1, "under_way",
                     shape->many_downloads ? contest->downloads : 1, "median_s",
                     c->median_s, "least_s", c->least_s, "most_s", c->most_s,
                     "speedup", c->speedup, "cpu_s", c->cpu_s, "cpu_busy",
                     c->busy, "others_busy", c->others, "waiting", c->waiting,
                     "memory_bytes", (json_int_t)c->memory, "rounds_s",
                     rounds_of(contest, c));
}

static json_t *modes_of(const contest *contest)
{
    json_t *list = json_array();

    for (int i = 0; i < contest->count; i++)
        if (json_array_append_new(list, object_of(contest, &contest->list[i])) <
            0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

char *show_json(const contest *contest)
{
    char why[CONTEST_WHY_MAX], *text;
    json_t *object, *latency = json_null();

    contest_why(contest, why);
    if (contest->latency >= 0)
        latency = json_real((double)contest->latency / 1e9);
    object = json_pack("{s:i, s:s, s:s, s:s, s:i, s:i, s:I, s:o, s:i, s:f, "
                       "s:o, s:s}",
                       "schema", 1, "op", contest->op, "version",
                       contest->version, "machine", contest->machine, "cores",
                       contest->cores, "pictures", contest->pictures, "bytes",
                       (json_int_t)contest->bytes, "latency_s", latency,
                       "rounds", contest->round_count, "others_busy",
                       contest->others, "modes", modes_of(contest), "why", why);
    if (object == NULL)
        return NULL;
    text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(object);
    return text;
}
