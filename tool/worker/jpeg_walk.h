/* jpeg_walk.h: what a JPEG file's markers promise, before a decoder sees it. */
#ifndef TOOL_WORKER_JPEG_WALK_H
#define TOOL_WORKER_JPEG_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct jpeg_outline {
    uint8_t frame_marker; /* 0xC0 ..: how it is coded; 0: no frame header */
    uint8_t precision;    /* bits a sample */
    uint32_t width, height;
    int components;
    int scans;
    uint64_t metadata_size; /* bytes in APPn and COM segments */
    bool complete;          /* its end marker is there */
    bool sound;             /* every segment's length holds */
} jpeg_outline;

/* Follow the markers up to the first end of image. */
jpeg_outline jpeg_walk(const uint8_t *data, size_t size);

#endif
