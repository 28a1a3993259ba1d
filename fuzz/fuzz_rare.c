/* Fuzz target: fuzz_decode with the decoders of starling-worker-rare as well.
 *
 * Their libraries are larger than all others and lose memory with broken
 * pictures (see decode_heif.c), so that a long run is restarted now and then.
 */
#include <stdlib.h>

#include "worker/decode/decode_rare.h"

__attribute__((constructor)) static void offer_decoders(void)
{
    if (decode_rare_warm_up() < 0)
        abort();
}
