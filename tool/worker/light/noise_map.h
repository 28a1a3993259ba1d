/* noise_map.h: how much a map scatters, by place. */
#ifndef TOOL_WORKER_LIGHT_NOISE_MAP_H
#define TOOL_WORKER_LIGHT_NOISE_MAP_H

#include "worker/light/measure.h"
#include "worker/light/tiles.h"

typedef struct noise_map {
    float *cells; /* one sigma at the centre of each tile */
    int columns, rows;
} noise_map;

/* The scatter of a filtered map, never less than `floor`; of the tiles that are
 * marked, or of all with NULL. Release with noise_map_free(). Returns 0 or
 * -ENOMEM. */
int noise_map_make(const light_map *map, float floor, const tiles *only,
                   noise_map *out);
void noise_map_free(noise_map *noise);

/* Between the centres of the tiles values are interpolated. */
float noise_map_at(const noise_map *noise, float x, float y);

/* The least that noise_map_at() tells anywhere in that tile. */
float noise_map_least(const noise_map *noise, int column, int row);

#endif
