/* decode_rare.h: formats that not every installation reads. */
#ifndef TOOL_WORKER_DECODE_DECODE_RARE_H
#define TOOL_WORKER_DECODE_DECODE_RARE_H

#include "worker/decode/decode.h"

decoder decode_tiff, decode_heif; /* the latter AVIF as well */

/* Register codecs. Returns 0 or a negative errno. */
int decode_heif_warm_up(void);

/* Offer those that this build has, and set up their libraries. Returns 0 or a
 * negative errno. */
int decode_rare_warm_up(void);

#endif
