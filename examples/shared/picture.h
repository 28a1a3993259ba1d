/* picture.h: pictures in memory and as JPEG files. All of this computes, or
 * blocks on a disk: for threads and worker processes, not for the loop. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stddef.h>
#include <stdint.h>

typedef struct picture {
    int width, height; /* in pixels */
    uint8_t *rgb;      /* rows from the top, three bytes a pixel */
} picture;

/* 0 or -ENOMEM; the pixels are black. Free with picture_fini(). */
int picture_init(picture *picture, int width, int height);
void picture_fini(picture *picture);

/* 0, -ENOMEM, or -EPROTO for bytes that are no JPEG. */
int picture_decode(picture *picture, const void *jpeg, size_t size);

/* The caller frees *jpeg with free(). 0 or -ENOMEM. */
int picture_encode(const picture *picture, void **jpeg, size_t *size);

/* Whole files; errors as above and those of open() and write(). */
int picture_load(picture *picture, const char *path);
int picture_save(const picture *picture, const char *path);

/* A night sky to have something to look at: the same for the same seed. */
int picture_draw_sky(picture *picture, int width, int height, int stars,
                     uint64_t seed);

/* A smaller or larger copy, with a Lanczos filter of three lobes. */
int picture_resize(picture *out, const picture *in, int width, int height);

/* White where a pixel differs by more than 30 from its right and lower
 * neighbours, black elsewhere. */
int picture_find_edges(picture *out, const picture *in);

/* Count the stars and draw a red circle around each. */
int picture_mark_stars(picture *picture);

#endif
