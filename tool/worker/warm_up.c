/* A rehearsal with pictures of our own.
 *
 * What a library does on first use (tables, locale, drivers, a look at the
 * CPU) must happen where files can still be opened. Nobody can list such
 * things for five libraries and their next versions, so the job itself is run
 * on two small pictures that are made here: a FITS frame drawn by hand, and
 * the marked JPEG that comes out of it. The other decoders allocate and
 * compute only.
 */
#include "worker/warm_up.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/pixels/colour.h"
#include "worker/job.h"
#include "worker/picture_job.h"
#include "worker/pixels/resample.h"

enum {
    SIDE = 96,
    HEADER_SIZE = 2880,
    FITS_SIZE = HEADER_SIZE + 4 * 2880, /* 96 x 96 bytes are 3.2 blocks */
    RESULT_SIZE = 1 << 17,
};

static void put_card(uint8_t *header, int line, const char *text)
{
    memcpy(header + 80 * line, text, strlen(text));
}

/* One star in 8 bits, on a sky that is not quite even. */
static void draw_fits(uint8_t *file)
{
    int x, y;

    memset(file, ' ', HEADER_SIZE);
    put_card(file, 0, "SIMPLE  =                    T");
    put_card(file, 1, "BITPIX  =                    8");
    put_card(file, 2, "NAXIS   =                    2");
    put_card(file, 3, "NAXIS1  =                   96");
    put_card(file, 4, "NAXIS2  =                   96");
    put_card(file, 5, "END");
    for (y = 0; y < SIDE; y++)
        for (x = 0; x < SIDE; x++) {
            double dx = x - SIDE / 2, dy = y - SIDE / 2;
            double star = 180 * exp(-(dx * dx + dy * dy) / 4);

            file[HEADER_SIZE + y * SIDE + x] =
                (uint8_t)(20 + (x * 7 + y * 13 + x * y) % 5 + star);
        }
}

/* Run the job on `size` bytes. Returns the marked picture's size or an error;
 * its bytes are then at *marked in the result memory. */
static int rehearse(uint8_t *file, size_t size, uint8_t *result,
                    const uint8_t **marked)
{
    job_request request = { .body_size = size,
                            .max_pixels = SIDE * SIDE,
                            .operations = JOB_DO_STARS,
                            .draw = true };
    job_answer answer;
    sl_job_io io = { .in = &request,
                     .in_size = sizeof(request),
                     .out = &answer,
                     .out_capacity = sizeof(answer),
                     .body = { file, size, -1 },
                     .result = { result, RESULT_SIZE, -1 } };
    int rc = worker_picture(&io);
    const job_output *made;

    if (rc < 0)
        return rc;
    made = answer.verdict == JOB_GOOD
               ? job_answer_output(&answer, JOB_MARKED, 0)
               : NULL;
    if (made == NULL)
        return answer.verdict == JOB_NO_MEMORY ? -ENOMEM : -EIO;
    *marked = result + made->offset;
    return (int)made->size;
}

int worker_warm_up(void)
{
    uint8_t *file = calloc(1, FITS_SIZE);
    uint8_t *result = malloc(2 * RESULT_SIZE);
    const uint8_t *marked;
    int rc = colour_warm_up();

    resample_warm_up();
    if (rc == 0 && (file == NULL || result == NULL))
        rc = -ENOMEM;
    if (rc == 0 && file != NULL && result != NULL) {
        draw_fits(file);
        rc = rehearse(file, FITS_SIZE, result, &marked);
        if (rc > 0) {
            memmove(result + RESULT_SIZE, marked, (size_t)rc);
            rc = rehearse(result + RESULT_SIZE, (size_t)rc, result, &marked);
        }
    }
    free(file);
    free(result);
    return rc < 0 ? rc : 0;
}
