/* starling-worker-rare: the worker program with decoders for formats that few
 * pictures have.
 *
 * They bring libraries of megabytes that start slower than all others together
 * and are attacked more than them, so most runs never start it.
 */
#include <malloc.h>

#include "worker/decode/decode_rare.h"
#include "worker/program.h"

/* The decoders of both codecs start a thread at least, however few they are
 * asked for. Theirs would else reserve address space by the arena, of which a
 * worker has only so much. */
static int warm_up(void)
{
    mallopt(M_ARENA_MAX, 2);
    return decode_rare_warm_up();
}

int main(int argc, char **argv)
{
    static const worker_program rare = { .warm_up = warm_up,
                                         .has_threads = true };

    return worker_program_main(argc, argv, &rare);
}
