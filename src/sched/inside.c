/* The table that libstarling.so hands to its companion; see inside.h. */
#include "sched/inside.h"

#include <string.h>

const sl__inside *sl_inside(const char *version)
{
    static const sl__inside inside = {
        .wait_begin = sl__wait_begin,
        .park = sl__park,
        .complete = sl__complete,
        .loop_uv = sl__loop_uv,
        .loop_at_exit = sl__loop_at_exit,
    };

    return strcmp(version, SL_VERSION) == 0 ? &inside : NULL;
}
