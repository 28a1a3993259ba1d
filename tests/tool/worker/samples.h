/* samples.h: small pictures for tests, drawn and encoded in memory. */
#ifndef TESTS_TOOL_WORKER_SAMPLES_H
#define TESTS_TOOL_WORKER_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* An encoded file, or raw pixels; free() data. */
typedef struct sample {
    uint8_t *data;
    size_t size;
} sample;

enum {
    FIELD_WIDTH = 320,
    FIELD_HEIGHT = 240,
    FIELD_STARS = 20,
};

/* Where the stars of sample_field() are, 0-based pixel centres. */
double field_x(int star);
double field_y(int star);

/* FIELD_WIDTH * FIELD_HEIGHT grey values, 0 .. 255 but fractional: a dark sky
 * with noise of 2 grey levels, and stars of sigma 1.4 pixels. free() it. */
double *sample_field(void);

/* The field in 8 bits: `channels` equal bytes a pixel (1, 3 or 4; the fourth
 * is 255). */
sample sample_pixels(int channels);

/* A picture without a sky: smooth shapes with hard edges, no points. */
sample sample_shapes(int width, int height, int channels);

/* Encode interleaved 8-bit pixels. `format` is enum TJPF, `flags` TJFLAG_. */
sample encode_jpeg(const uint8_t *pixels, int width, int height, int format,
                   int subsampling, int flags);

/* Encode rows without padding as they are. `colour` is enum spng_color_type;
 * palette pictures get a grey ramp. */
sample encode_png(const void *pixels, size_t size, uint32_t width,
                  uint32_t height, int colour, int depth);

sample encode_webp(const uint8_t *rgb, int width, int height);

/* An animation whose first frame is that WebP, on a canvas that is larger by
 * `margin`, an even number, on each side. Takes `still`. */
sample animate_webp(sample still, int width, int height, int margin);

/* Grey values as indices into a grey ramp; two frames, the second black. */
sample encode_gif(const uint8_t *grey, int width, int height, int interlaced);

/* Grey values as indices into a grey ramp, on a screen that is larger by
 * `margin` on each side; `transparent` is the index that shows nothing. */
sample encode_gif_with_holes(const uint8_t *grey, int width, int height,
                             int margin, int transparent);

/* A colour profile of inks of which the first, cyan, looks red. */
sample strange_inks(void);

/* `cards` are NULL-terminated lines to put behind SIMPLE; END is added. The
 * data follows as given, padded to a block. */
sample encode_fits(const char *const *cards, const void *data, size_t size);

/* The field as FITS of big-endian 16-bit values times 10 plus 1000, in the
 * unsigned way (BZERO 32768). */
sample sample_fits16(void);

/* The field as 32-bit floats; if `holes`, every 50th pixel is NaN. */
sample sample_fits_float(int holes);

/* A FITS file compressed as fpack does, by RICE_1, GZIP_1, ... of fitsio.h;
 * takes `plain`. */
sample pack_fits(sample plain, int how);

/* The first `size` bytes; the original stays. */
sample cut(const sample *whole, size_t size);

#endif
