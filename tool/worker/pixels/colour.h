/* colour.h: colours of a profile become those that screens show, sRGB. */
#ifndef TOOL_WORKER_PIXELS_COLOUR_H
#define TOOL_WORKER_PIXELS_COLOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/pixels/encode.h"

/* Whether there is anything to be done for a picture with this profile. */
bool colour_matters(const uint8_t *icc, size_t size);

/* Change pixels in place. A profile that is broken, or for other pixels than
 * these, leaves them as they are. */
void colour_to_srgb(const flat *pixels, const uint8_t *icc, size_t size);

/* Pixels of four inks, 255 being none of it, become RGB in place, and their
 * fourth byte loses its meaning. False, and nothing changed, if the profile is
 * none of such pixels. */
bool colour_inks_to_srgb(uint8_t *pixels, size_t count, const uint8_t *icc,
                         size_t size);

/* Once, while files can still be opened. Returns 0 or -ENOMEM. */
int colour_warm_up(void);

#endif
