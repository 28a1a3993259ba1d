/* Each of the two libraries may be there or not; its decoder is known by
 * whether it is in the build. */
#include "worker/decode/decode_rare.h"

#include "worker/job.h"

#pragma weak decode_tiff
#pragma weak decode_heif
#pragma weak decode_heif_warm_up

int decode_rare_warm_up(void)
{
    if (decode_tiff != NULL)
        decode_offer(JOB_TIFF, decode_tiff);
    if (decode_heif == NULL)
        return 0;
    decode_offer(JOB_HEIF, decode_heif);
    decode_offer(JOB_AVIF, decode_heif);
    return decode_heif_warm_up();
}
