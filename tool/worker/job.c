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
    [JOB_FIELD_OUTSIDE] =
        "the region that is searched lies outside of the picture",
};

static const char *const format_extensions[JOB_FORMATS] = {
    [JOB_FORMAT_UNKNOWN] = "", [JOB_JPEG] = ".jpg",  [JOB_PNG] = ".png",
    [JOB_WEBP] = ".webp",      [JOB_GIF] = ".gif",   [JOB_FITS] = ".fits",
    [JOB_TIFF] = ".tif",       [JOB_HEIF] = ".heic", [JOB_AVIF] = ".avif",
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

const char *job_packing_extension(uint32_t packing)
{
    static const char *const extensions[JOB_PACKINGS] = { "", ".gz", ".bz2",
                                                          ".zst" };

    return packing < JOB_PACKINGS ? extensions[packing] : "";
}

const char *job_places_reason(uint32_t places)
{
    switch (places) {
    case JOB_PLACES_GIVEN:
        return "";
    case JOB_PLACES_NONE:
        return "it has no world coordinates";
    case JOB_PLACES_OTHER:
        return "its header gives coordinates that are neither equatorial nor "
               "galactic";
    case JOB_PLACES_UNCLEAR:
        return "what its header says of coordinates is contradictory or not "
               "understood";
    default:
        return NULL;
    }
}

const char *job_format_needs(uint32_t format)
{
    switch (format) {
    case JOB_TIFF:
        return "TIFF needs starling-worker-rare, which is built where "
               "libtiff-dev is installed";
    case JOB_HEIF:
        return "HEIF needs starling-worker-rare, which is built where "
               "libheif-dev is installed";
    case JOB_AVIF:
        return "AVIF needs starling-worker-rare, which is built where "
               "libheif-dev is installed";
    default:
        return NULL;
    }
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

static bool verdict_is_consistent(const job_answer *answer)
{
    if (answer->verdict >= JOB_VERDICTS || answer->format >= JOB_FORMATS)
        return false;
    if (answer->stars_cut > 1 || answer->no_star_field >= JOB_FIELDS ||
        answer->places >= JOB_PLACES_COUNT)
        return false;
    if (answer->verdict == JOB_GOOD)
        return answer->format != JOB_FORMAT_UNKNOWN && answer->width > 0 &&
               answer->height > 0 && answer->reason[0] == '\0';
    return answer->star_count == 0 && answer->output_count == 0 &&
           answer->reason[0] != '\0';
}

static bool is_written(uint32_t format)
{
    return format == JOB_JPEG || format == JOB_PNG || format == JOB_WEBP;
}

static bool lies_inside(uint64_t offset, uint64_t size, size_t memory)
{
    return offset <= memory && size <= memory - offset;
}

static bool output_fits(const job_output *output, size_t result_size)
{
    if (output->kind >= JOB_KINDS || output->index >= JOB_THUMBS_MAX ||
        !is_written(output->format) || output->width == 0 ||
        output->height == 0 || output->size == 0)
        return false;
    if (output->kind == JOB_PREVIEW && output->size > JOB_PREVIEW_MAX)
        return false;
    if (output->kind <= JOB_PREVIEW && output->format != JOB_JPEG)
        return false;
    return lies_inside(output->offset, output->size, result_size);
}

/* All of it is inside the memory, and no picture is told of twice. What
 * overlaps harms nobody: nothing is written there any more. */
static bool layout_fits(const job_answer *answer, size_t result_size)
{
    uint64_t stars_size = (uint64_t)answer->star_count * sizeof(job_star);

    if (answer->star_count > JOB_STARS_MAX ||
        answer->stars_offset % _Alignof(job_star) != 0 ||
        !lies_inside(answer->stars_offset, stars_size, result_size) ||
        answer->output_count > JOB_OUTPUTS_MAX)
        return false;
    for (uint32_t i = 0; i < answer->output_count; i++) {
        const job_output *output = &answer->outputs[i];

        if (!output_fits(output, result_size) ||
            job_answer_output(answer, output->kind, output->index) != output)
            return false;
    }
    return true;
}

const job_output *job_answer_output(const job_answer *answer, uint32_t kind,
                                    uint32_t index)
{
    for (uint32_t i = 0; i < answer->output_count; i++) {
        const job_output *output = &answer->outputs[i];

        if (output->kind == kind && output->index == index)
            return output;
    }
    return NULL;
}

bool job_answer_check(const job_answer *answer, size_t answer_size,
                      size_t result_size)
{
    return answer_size == sizeof(*answer) && reason_is_clean(answer->reason) &&
           verdict_is_consistent(answer) && layout_fits(answer, result_size) &&
           isfinite(answer->background) && isfinite(answer->noise) &&
           answer->noise >= 0 && isfinite(answer->star_fwhm) &&
           answer->star_fwhm >= 0 && isfinite(answer->snr_limit) &&
           answer->snr_limit >= 0;
}

bool job_look_check(const job_look_answer *answer, size_t answer_size)
{
    return answer_size == sizeof *answer && reason_is_clean(answer->reason) &&
           answer->verdict < JOB_VERDICTS && answer->format < JOB_FORMATS &&
           (answer->verdict == JOB_GOOD) == (answer->reason[0] == '\0') &&
           (answer->verdict != JOB_GOOD ||
            answer->format != JOB_FORMAT_UNKNOWN);
}

bool job_star_check(const job_star *star, uint32_t width, uint32_t height)
{
    const uint32_t known_flags =
        JOB_STAR_SATURATED | JOB_STAR_EDGE | JOB_STAR_BLENDED | JOB_STAR_WIDE;
    bool unplaced = isnan(star->ra) && isnan(star->dec);

    /* A pixel reaches half a pixel beyond its centre. */
    if (!(star->x >= -0.5 && star->x <= width - 0.5) ||
        !(star->y >= -0.5 && star->y <= height - 0.5))
        return false;
    if (!unplaced && !(star->ra >= 0 && star->ra <= 360 && star->dec >= -90 &&
                       star->dec <= 90))
        return false;
    return isfinite(star->flux) && isfinite(star->peak) &&
           isfinite(star->fwhm) && star->fwhm >= 0 && isfinite(star->a) &&
           star->a >= 0 && isfinite(star->b) && star->b >= 0 &&
           isfinite(star->theta) && isfinite(star->snr) &&
           (star->flags & ~known_flags) == 0;
}
