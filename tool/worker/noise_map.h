/* noise_map.h: how much a map scatters, by place. */
#ifndef TOOL_WORKER_NOISE_MAP_H
#define TOOL_WORKER_NOISE_MAP_H

#include "worker/measure.h"

typedef struct noise_map {
    float *cells; /* one sigma at the centre of each cell */
    int columns, rows;
    float cell_width, cell_height; /* pixels */
} noise_map;

/* The scatter of a filtered map, never less than `floor`. Release with
 * noise_map_free(). Returns 0 or -ENOMEM. */
int noise_map_make(const light_map *map, float floor, noise_map *out);
void noise_map_free(noise_map *noise);

/* Between the centres of the cells values are interpolated. */
void noise_map_row(const noise_map *noise, int y, float *to, int width);
float noise_map_at(const noise_map *noise, float x, float y);

#endif
