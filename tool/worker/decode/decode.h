/* decode.h: bytes that nobody vouches for become a picture, or a refusal. */
#ifndef TOOL_WORKER_DECODE_DECODE_H
#define TOOL_WORKER_DECODE_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/pixels/picture.h"
#include "worker/pixels/workspace.h"

typedef struct decode_source {
    const uint8_t *data; /* may be mapped read-only */
    size_t size;
    uint64_t max_pixels;
    uint32_t hdu;      /* FITS: 1 is the first; 0: the first with a picture */
    uint32_t plane;    /* FITS: 1 is the first; 0: the first, or all colours */
    bool need_pixels;  /* planes alone will not do */
    bool need_colours; /* they will be red, green and blue: round them once */
    bool need_light; /* values finer than eight bits, where the file has them */
    /* Not NULL: these thumbnails are all that is made of the picture, which may
     * be decoded smaller if that does not make them worse. */
    const job_thumbs *thumbs;
} decode_source;

/* Why a picture was refused; filled in only then. */
typedef struct refusal {
    char reason[JOB_REASON_MAX];
} refusal;

/* What all decoders are: enum job_verdict, JOB_GOOD with *out filled in, else
 * with *why. A picture is good only when every pixel was read without an
 * error and the file's own end was seen. */
typedef uint32_t decoder(const decode_source *source, workspace *ws,
                         picture *out, refusal *why);

decoder decode_jpeg, decode_png, decode_webp, decode_gif, decode_fits;

/* Read a format that decode_picture() does not know of itself. Before the first
 * picture, and from one thread. */
void decode_offer(uint32_t format, decoder *decode);

/* What is read: bit 1 << format for each enum job_format. */
uint32_t decode_formats(void);

/* Sniff, then call the one decoder for the format found. */
uint32_t decode_picture(const decode_source *source, workspace *ws,
                        uint32_t *format, picture *out, refusal *why);

/* For the decoders: put the reason into words, return the verdict. Text that
 * comes from a library is cleaned to one line of ASCII. */
uint32_t decode_refuse(refusal *why, uint32_t verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a picture of that size that finds no memory. */
uint32_t decode_refuse_memory(refusal *why, uint32_t width, uint32_t height);

/* For the decoders, before they allocate: JOB_GOOD if the limits on width,
 * height and pixels hold. */
uint32_t decode_check_size(const decode_source *source, uint64_t width,
                           uint64_t height, refusal *why);

#endif
