/* Candidates, by SEP.
 *
 * SEP gives up when one of its fixed buffers is full: that is an error code for
 * a picture that only has a bright half. Its limits are therefore raised and
 * the extraction is done again; a buffer as large as the picture always
 * suffices. Where one object has more parts than the deblending can hold, it
 * is left in one piece.
 *
 * SEP 1.2.1 loses 8 bytes an object in each extraction: it allocates two of the
 * catalogue's columns twice. A worker that is replaced now and then does not
 * notice.
 */
#include "worker/stars/extract.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>

enum {
    MESH_PX = 64,       /* larger than any star's glow, smaller than clouds */
    THINNING = 2,       /* of rows and columns that the mesh looks at */
    THIN_FROM_PX = 256, /* smaller pictures need all their pixels */
    MESH_SMOOTHING = 3, /* cells, median filter */
    AREA_MIN = 3,       /* pixels; the filter joins them already */
    DEBLEND_LEVELS = 32,
    PARTS_MAX = 4096,
    OBJECTS_MAX = 1000000,
};

/* SEP's own numbers, which its header does not name. */
enum { SEP_OK = 0, SEP_MEMORY = 1, SEP_PIXSTACK_FULL = 2 };

/* A part of an object is another star when it has half a percent of the light.
 */
#define DEBLEND_CONTRAST 0.005

/* SEP's marker for a pixel that is not there. */
#define HOLE (-1e30f)

/* The smallest stars that pictures have, 2 to 3 pixels wide. */
static const float smoothing[9] = { 1, 2, 1, 2, 4, 2, 1, 2, 1 };

static void mark_holes(float *light, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (isnan(light[i]))
            light[i] = HOLE;
}

static void fill_holes(float *light, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (light[i] < HOLE / 2)
            light[i] = 0;
}

/* Every second pixel of every second row. A cell of 64 pixels still has a
 * thousand, which gives its level to 3 % of the noise, at a quarter of the
 * time; only the stars need every pixel. */
static float *thin_out(const float *light, uint32_t width, uint32_t height,
                       workspace *ws)
{
    uint32_t thin_width = (width + 1) / THINNING;
    uint32_t thin_height = (height + 1) / THINNING, x, y;
    float *thin = workspace_take(
        ws, WORKSPACE_PIXELS, (size_t)thin_width * thin_height * sizeof(*thin));

    if (thin == NULL)
        return NULL;
    for (y = 0; y < thin_height; y++) {
        const float *from = light + (size_t)THINNING * y * width;
        float *to = thin + (size_t)y * thin_width;

        for (x = 0; x < thin_width; x++)
            to[x] = from[THINNING * x];
    }
    return thin;
}

/* The map of a thinned picture, made to serve the whole one: its nodes are
 * the same, only the distance between them has grown. */
static int map_thinned(const sep_image *image, workspace *ws, sep_bkg **map)
{
    sep_image thin = *image;
    int cell = MESH_PX / THINNING;

    thin.w = (image->w + 1) / THINNING;
    thin.h = (image->h + 1) / THINNING;
    thin.data =
        thin_out(image->data, (uint32_t)image->w, (uint32_t)image->h, ws);
    if (thin.data == NULL || sep_background(&thin, cell, cell, MESH_SMOOTHING,
                                            MESH_SMOOTHING, 0, map) != SEP_OK)
        return -ENOMEM;
    (*map)->w = image->w;
    (*map)->h = image->h;
    (*map)->bw *= THINNING;
    (*map)->bh *= THINNING;
    return 0;
}

static int map_background(const sep_image *image, workspace *ws, sep_bkg **map)
{
    int cell_w = image->w < MESH_PX ? image->w : MESH_PX;
    int cell_h = image->h < MESH_PX ? image->h : MESH_PX;

    if (image->w >= THIN_FROM_PX && image->h >= THIN_FROM_PX)
        return map_thinned(image, ws, map);
    return sep_background(image, cell_w, cell_h, MESH_SMOOTHING, MESH_SMOOTHING,
                          0, map) == SEP_OK
               ? 0
               : -ENOMEM;
}

static int subtract_background(float *light, const extract_options *options,
                               const sep_image *image, workspace *ws,
                               extraction *out)
{
    size_t count = (size_t)options->width * options->height;
    int rc;

    if (options->has_holes)
        mark_holes(light, count);
    rc = map_background(image, ws, &out->map);
    if (rc < 0)
        return rc;
    if (sep_bkg_subarray(out->map, light, SEP_TFLOAT) != SEP_OK)
        return -ENOMEM;
    if (options->has_holes)
        fill_holes(light, count);
    out->background = sep_bkg_global(out->map);
    out->noise = sep_bkg_globalrms(out->map);
    if (!isfinite(out->background))
        out->background = 0;
    if (!(out->noise >= options->noise_floor) || !isfinite(out->noise))
        out->noise = options->noise_floor;
    return 0;
}

/* Roughly how many objects rise above a level: how often a row does, from
 * every eighth row, and an object is about three rows high. */
static double estimate_objects(const sep_image *image, float level)
{
    const float *light = image->data;
    size_t crossings = 0;
    int x, y;

    for (y = 0; y < image->h; y += 8) {
        const float *row = light + (size_t)y * (size_t)image->w;

        for (x = 1; x < image->w; x++)
            crossings += row[x] > level && row[x - 1] <= level;
    }
    return (double)crossings * 8 / 3;
}

/* Random dots on black make millions of objects and cost minutes; only the
 * brightest are wanted of so many. The noise alone passes 3 sigma too rarely
 * to count. */
static float bound_objects(const sep_image *image, float threshold, bool *cut)
{
    float level = fmaxf(threshold, 3);
    int i;

    for (i = 0; i < 12; i++) {
        if (estimate_objects(image, level * (float)image->noiseval) <
            OBJECTS_MAX)
            break;
        level = threshold = level * 2;
        *cut = true;
    }
    return threshold;
}

static int extract_once(const sep_image *image, float threshold,
                        double contrast, sep_catalog **out)
{
    /* Without SEP's cleaning: it holds every object against every other, and
     * what it removes does not look like a star anyway. */
    return sep_extract(image, threshold, SEP_THRESH_REL, AREA_MIN, smoothing, 3,
                       3, SEP_FILTER_CONV, DEBLEND_LEVELS, contrast, 0, 1.0,
                       out);
}

static int list_objects(const sep_image *image, float threshold,
                        sep_catalog **out)
{
    size_t area = (size_t)image->w * (size_t)image->h;
    size_t stack = area / 16 < 50000 ? 50000 : area / 16;
    double contrast = DEBLEND_CONTRAST;
    int rc;

    sep_set_sub_object_limit(PARTS_MAX);
    for (;;) {
        sep_set_extract_pixstack(stack);
        rc = extract_once(image, threshold, contrast, out);
        if (rc == SEP_OK)
            return 0;
        if (rc == SEP_MEMORY)
            return -ENOMEM;
        if (rc == SEP_PIXSTACK_FULL && stack < area + 2)
            stack = stack * 4 < area + 2 ? stack * 4 : area + 2;
        else if (contrast < 1)
            contrast = 1; /* leave objects in one piece */
        else
            return -ENOMEM;
    }
}

int extract(float *light, const extract_options *options, workspace *ws,
            extraction *out)
{
    sep_image image = { .data = light,
                        .dtype = SEP_TFLOAT,
                        .w = (int)options->width,
                        .h = (int)options->height };
    int rc;

    *out = (extraction){ 0 };
    rc = subtract_background(light, options, &image, ws, out);
    if (rc == 0) {
        image.noise_type = SEP_NOISE_STDDEV;
        image.noiseval = out->noise;
        rc = list_objects(&image,
                          bound_objects(&image, options->threshold, &out->cut),
                          &out->catalog);
    }
    if (rc < 0)
        extraction_free(out);
    return rc;
}

void extraction_free(extraction *found)
{
    if (found->catalog != NULL)
        sep_catalog_free(found->catalog);
    if (found->map != NULL)
        sep_bkg_free(found->map);
    *found = (extraction){ 0 };
}

float extraction_noise_at(const extraction *found, float noise_floor, int x,
                          int y)
{
    const sep_bkg *map = found->map;
    int i = x / map->bw < map->nx ? x / map->bw : map->nx - 1;
    int j = y / map->bh < map->ny ? y / map->bh : map->ny - 1;
    float noise = map->sigma[j * map->nx + i];

    return noise > noise_floor ? noise : noise_floor;
}
