/* strokes.h: letters, lines and drawn edges. */
#ifndef TOOL_WORKER_STARS_STROKES_H
#define TOOL_WORKER_STARS_STROKES_H

#include "worker/stars/starlike.h"

/* Refuse candidates that are parts of strokes, and the small ones that stand
 * among several of them; round ones are strokes only `with_discs`. The map is
 * the picture itself. Returns 0 or -ENOMEM. */
int strokes_refuse(const light_map *map, candidate *candidates, uint32_t count,
                   float fwhm, bool with_discs, uint32_t *strokes);

#endif
