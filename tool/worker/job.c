/* The words and the checks of what travels between main program and worker.
 *
 * A worker has read a hostile picture, so whatever it says may be said by the
 * picture. The checks here are what stands between that and the main program:
 * they take an answer that was copied out of shared memory and promise that
 * every offset, length and number in it can be used without a second look.
 */
#include "worker/job.h"

#include <math.h>
#include <string.h>

static const char *const verdict_names[JOB_VERDICTS] = {
    [JOB_GOOD] = "good",
    [JOB_NOT_AN_IMAGE] = "not-an-image",
    [JOB_UNSUPPORTED] = "unsupported",
    [JOB_EMPTY] = "empty",
    [JOB_TRUNCATED] = "truncated",
    [JOB_CORRUPT] = "corrupt",
    [JOB_TOO_LARGE] = "too-large",
    [JOB_NO_MEMORY] = "memory",
};

static const char *const field_reasons[JOB_FIELDS] = {
    [JOB_FIELD_STARS] = "",
    [JOB_FIELD_EMPTY] = "nothing stands out",
    [JOB_FIELD_NO_SIZE] = "what stands out has no common size",
    [JOB_FIELD_THINGS] = "most of what stands out is no star",
    [JOB_FIELD_DRAWN] = "letters and lines",
    [JOB_FIELD_TEXTURE] = "as many dark spots as bright ones",
};

static const char *const format_extensions[JOB_FORMATS] = {
    [JOB_FORMAT_UNKNOWN] = "", [JOB_JPEG] = ".jpg", [JOB_PNG] = ".png",
    [JOB_WEBP] = ".webp",      [JOB_GIF] = ".gif",  [JOB_FITS] = ".fits",
};

const char *job_verdict_name(uint32_t verdict)
{
    return verdict < JOB_VERDICTS ? verdict_names[verdict] : NULL;
}

const char *job_field_reason(uint32_t field)
{
    return field < JOB_FIELDS ? field_reasons[field] : NULL;
}

const char *job_format_extension(uint32_t format)
{
    return format < JOB_FORMATS ? format_extensions[format] : "";
}

/* One line of printable ASCII that ends inside its array. */
static bool reason_is_clean(const char reason[JOB_REASON_MAX])
{
    size_t i;

    for (i = 0; i < JOB_REASON_MAX && reason[i] != '\0'; i++)
        if (reason[i] < ' ' || reason[i] > '~')
            return false;
    return i < JOB_REASON_MAX;
}

static bool verdict_is_consistent(const job_stars_answer *answer)
{
    if (answer->verdict >= JOB_VERDICTS || answer->format >= JOB_FORMATS)
        return false;
    if (answer->stars_cut > 1 || answer->no_star_field >= JOB_FIELDS)
        return false;
    if (answer->verdict == JOB_GOOD)
        return answer->format != JOB_FORMAT_UNKNOWN && answer->width > 0 &&
               answer->height > 0 && answer->reason[0] == '\0';
    return answer->star_count == 0 && answer->marked_size == 0 &&
           answer->preview_size == 0 && answer->reason[0] != '\0';
}

static bool picture_fits(uint64_t offset, uint64_t size, uint64_t stars_size,
                         size_t result_size)
{
    return size == 0 || (offset >= stars_size && offset <= result_size &&
                         size <= result_size - offset);
}

/* Stars first, the pictures after them, all inside the memory. */
static bool layout_fits(const job_stars_answer *answer, size_t result_size)
{
    uint64_t stars_size = (uint64_t)answer->star_count * sizeof(job_star);

    if (answer->star_count > JOB_STARS_MAX || stars_size > result_size)
        return false;
    if (answer->marked_size > 0 && answer->marked_format != JOB_JPEG)
        return false;
    return answer->preview_size <= JOB_PREVIEW_MAX &&
           picture_fits(answer->preview_offset, answer->preview_size,
                        stars_size, result_size) &&
           picture_fits(answer->marked_offset, answer->marked_size, stars_size,
                        result_size);
}

bool job_stars_answer_check(const job_stars_answer *answer, size_t answer_size,
                            size_t result_size)
{
    return answer_size == sizeof(*answer) && reason_is_clean(answer->reason) &&
           verdict_is_consistent(answer) && layout_fits(answer, result_size) &&
           isfinite(answer->background) && isfinite(answer->noise) &&
           answer->noise >= 0 && isfinite(answer->star_fwhm) &&
           answer->star_fwhm >= 0;
}

bool job_star_check(const job_star *star, uint32_t width, uint32_t height)
{
    const uint32_t known_flags =
        JOB_STAR_SATURATED | JOB_STAR_EDGE | JOB_STAR_BLENDED;

    /* A pixel reaches half a pixel beyond its centre. */
    if (!(star->x >= -0.5 && star->x <= width - 0.5) ||
        !(star->y >= -0.5 && star->y <= height - 0.5))
        return false;
    return isfinite(star->flux) && isfinite(star->peak) &&
           isfinite(star->fwhm) && star->fwhm >= 0 && isfinite(star->a) &&
           star->a >= 0 && isfinite(star->b) && star->b >= 0 &&
           isfinite(star->theta) && isfinite(star->snr) &&
           (star->flags & ~known_flags) == 0;
}
