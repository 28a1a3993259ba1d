/* raster.h: a picture in planes, upright, at the size of a thumbnail. */
#ifndef TOOL_WORKER_PIXELS_RASTER_H
#define TOOL_WORKER_PIXELS_RASTER_H

#include "worker/pixels/encode.h"
#include "worker/pixels/picture.h"
#include "worker/pixels/resample.h"
#include "worker/pixels/thumb_shape.h"

enum raster_kind {
    RASTER_GREY, /* one plane */
    RASTER_YCC,  /* Y, Cb, Cr */
    RASTER_RGB,
    RASTER_RGBA, /* multiplied by alpha */
};

typedef struct raster {
    enum raster_kind kind;
    uint32_t width, height;
    bool halved; /* Cb and Cr are half as wide and high */
    int count;   /* of planes */
    plane planes[4];
} raster;

/* Set kind, size and planes, in `memory` of raster_room() bytes. */
size_t raster_room(uint32_t width, uint32_t height);
void raster_lay_out(raster *r, enum raster_kind kind, uint32_t width,
                    uint32_t height, bool halved, uint8_t *memory);

/* What a picture's thumbnails are made of. */
enum raster_kind raster_kind_of(const picture *p);

/* Fill a raster that is laid out with the part of the picture that the shape
 * shows, upright. Returns 0 or -ENOMEM. */
int raster_from_picture(raster *r, const picture *p, const thumb_shape *shape,
                        workspace *ws);

/* The same from a larger raster that shows the same part. */
int raster_from_raster(raster *r, const raster *from, workspace *ws);

/* As interleaved pixels in `memory`, which has room for four bytes each. */
flat raster_flatten(const raster *r, uint8_t *memory);

/* A plane on its side: rows become columns. Sizes fit. */
void raster_turn(const plane *from, const plane *to);

#endif
