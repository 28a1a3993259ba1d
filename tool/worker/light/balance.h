/* balance.h: the three colours of a frame, told from each other by their sky,
 * their noise and how much of the stars' light is in them.
 */
#ifndef TOOL_WORKER_LIGHT_BALANCE_H
#define TOOL_WORKER_LIGHT_BALANCE_H

#include <stddef.h>
#include <stdint.h>

/* Pixels of three samples, red first, and what else is between them. */
typedef struct frame_colours {
    float *samples;
    uint32_t width, height;
    int channels; /* samples of a pixel */
} frame_colours;

typedef struct balance {
    float sky[3];   /* median of each colour */
    float noise[3]; /* of a pixel, one sigma */
    float gain[3];  /* what of the stars is in it; 1 in the mean */
    float level;    /* the mean of the skies */
} balance;

/* From samples all over the frame; what is undefined has no say. */
balance balance_look(const frame_colours *from);

/* Bring each colour to the same level of sky and stars, and say so in *b. */
void balance_even_out(const frame_colours *from, balance *b);

/* Add the colours up so that stars stand out of the noise most, on the scale
 * that the colours have in the mean. */
void balance_add(const frame_colours *from, const balance *b, float *light);

/* What balance_add() makes of a pixel with this sample in all three colours. */
float balance_sum(const balance *b, float sample);

/* The larger of red and blue, each as large as its noise says, with the noise
 * of what balance_add() makes. Of two by two pixels: (width + 1) / 2 values a
 * row. */
void balance_excel(const frame_colours *from, const balance *b, float *colour);

#endif
