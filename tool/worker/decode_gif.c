/* GIF, by giflib: the first frame, on the screen it is meant for.
 *
 * giflib reads through a callback; its own way of slurping a whole animation
 * would let a small file allocate frame after frame, so records are taken one
 * at a time and reading stops after the first image. The rest of the file is
 * only walked, to see that it reaches its end.
 */
#include "worker/decode.h"

#include <stdbool.h>
#include <string.h>

#include <gif_lib.h>

typedef struct reader {
    const uint8_t *data;
    size_t size, at;
} reader;

static int read_bytes(GifFileType *gif, GifByteType *to, int length)
{
    reader *r = gif->UserData;
    size_t rest = r->size - r->at;
    size_t take = length < 0              ? 0
                  : (size_t)length < rest ? (size_t)length
                                          : rest;

    memcpy(to, r->data + r->at, take);
    r->at += take;
    return (int)take;
}

static uint32_t refuse_decoding(int error, refusal *why)
{
    switch (error) {
    case D_GIF_ERR_NOT_ENOUGH_MEM:
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the GIF");
    case D_GIF_ERR_READ_FAILED:
    case D_GIF_ERR_EOF_TOO_SOON:
        return decode_refuse(why, JOB_TRUNCATED,
                             "GIF without its end: the file was cut off");
    default:
        return decode_refuse(why, JOB_CORRUPT, "GIF data error: %s",
                             GifErrorString(error) ? GifErrorString(error)
                                                   : "unknown");
    }
}

static bool skip_sub_blocks(reader *r)
{
    while (r->at < r->size) {
        size_t length = r->data[r->at++];

        if (length == 0)
            return true;
        if (length > r->size - r->at)
            return false;
        r->at += length;
    }
    return false;
}

/* From behind an image to the trailer. */
static bool reaches_trailer(reader r)
{
    while (r.at < r.size) {
        uint8_t kind = r.data[r.at++];

        if (kind == ';')
            return true;
        if (kind == '!' && r.size - r.at >= 1) {
            r.at++;
        } else if (kind == ',' && r.size - r.at >= 10) {
            uint8_t packed = r.data[r.at + 8];
            size_t colours = packed & 0x80 ? 3u << ((packed & 7) + 1) : 0;

            if (colours + 10 > r.size - r.at)
                return false;
            r.at += 10 + colours; /* with the byte that starts LZW data */
        } else {
            return false;
        }
        if (!skip_sub_blocks(&r))
            return false;
    }
    return false;
}

/* Reads records up to the header of the first image.
 * Returns 0 or an error of giflib. */
static int find_image(GifFileType *gif)
{
    GifRecordType type;
    GifByteType *block;
    int code;

    for (;;) {
        if (DGifGetRecordType(gif, &type) != GIF_OK)
            return gif->Error;
        if (type == IMAGE_DESC_RECORD_TYPE)
            return DGifGetImageDesc(gif) == GIF_OK ? 0 : gif->Error;
        if (type != EXTENSION_RECORD_TYPE)
            return D_GIF_ERR_NO_IMAG_DSCR;
        if (DGifGetExtension(gif, &code, &block) != GIF_OK)
            return gif->Error;
        while (block != NULL)
            if (DGifGetExtensionNext(gif, &block) != GIF_OK)
                return gif->Error;
    }
}

/* One row of indices to colours; false for an index without a colour. */
static bool paint_row(const ColorMapObject *map, const GifPixelType *indices,
                      int count, uint8_t *rgb)
{
    int i;

    for (i = 0; i < count; i++) {
        const GifColorType *colour;

        if (indices[i] >= map->ColorCount)
            return false;
        colour = &map->Colors[indices[i]];
        rgb[3 * i] = colour->Red;
        rgb[3 * i + 1] = colour->Green;
        rgb[3 * i + 2] = colour->Blue;
    }
    return true;
}

/* The row of an interlaced image that is stored as the i-th. */
static int interlaced_row(int i, int height)
{
    static const int first[] = { 0, 4, 2, 1 }, step[] = { 8, 8, 4, 2 };
    int pass;

    for (pass = 0; pass < 4; pass++) {
        int rows = (height - first[pass] + step[pass] - 1) / step[pass];

        if (i < rows)
            return first[pass] + i * step[pass];
        i -= rows;
    }
    return height - 1;
}

/* Paint the image at its place on a black screen. Returns as find_image. */
static int paint(GifFileType *gif, uint8_t *rgb, GifPixelType *row)
{
    const GifImageDesc *image = &gif->Image;
    const ColorMapObject *map =
        image->ColorMap ? image->ColorMap : gif->SColorMap;
    size_t stride = (size_t)gif->SWidth * 3;
    int i;

    if (map == NULL)
        return D_GIF_ERR_NO_COLOR_MAP;
    memset(rgb, 0, stride * (size_t)gif->SHeight);
    for (i = 0; i < image->Height; i++) {
        int y = image->Interlace ? interlaced_row(i, image->Height) : i;

        if (DGifGetLine(gif, row, image->Width) != GIF_OK)
            return gif->Error;
        if (!paint_row(map, row, image->Width,
                       rgb + (size_t)(image->Top + y) * stride +
                           3 * (size_t)image->Left))
            return D_GIF_ERR_IMAGE_DEFECT;
    }
    return 0;
}

static uint32_t decode_with(GifFileType *gif, const decode_source *source,
                            workspace *ws, picture *out, refusal *why)
{
    const GifImageDesc *image = &gif->Image;
    uint32_t verdict = decode_check_size(source, (uint64_t)gif->SWidth,
                                         (uint64_t)gif->SHeight, why);
    size_t screen;
    uint8_t *rgb;
    int error;

    if (verdict != JOB_GOOD)
        return verdict;
    error = find_image(gif);
    if (error != 0)
        return refuse_decoding(error, why);
    if (image->Left < 0 || image->Top < 0 || image->Width <= 0 ||
        image->Height <= 0 || image->Left + image->Width > gif->SWidth ||
        image->Top + image->Height > gif->SHeight)
        return decode_refuse(why, JOB_CORRUPT,
                             "GIF whose first frame is outside its screen");

    screen = (size_t)gif->SWidth * (size_t)gif->SHeight * 3;
    rgb = workspace_take(ws, WORKSPACE_PIXELS, screen + (size_t)gif->SWidth);
    if (rgb == NULL)
        return refuse_decoding(D_GIF_ERR_NOT_ENOUGH_MEM, why);
    error = paint(gif, rgb, rgb + screen);
    if (error != 0)
        return refuse_decoding(error, why);
    if (!reaches_trailer(*(const reader *)gif->UserData))
        return refuse_decoding(D_GIF_ERR_EOF_TOO_SOON, why);
    picture_hold_pixels(out, (uint32_t)gif->SWidth, (uint32_t)gif->SHeight, rgb,
                        3, false);
    return JOB_GOOD;
}

uint32_t decode_gif(const decode_source *source, workspace *ws, picture *out,
                    refusal *why)
{
    reader r = { source->data, source->size, 0 };
    int error = 0;
    GifFileType *gif = DGifOpen(&r, read_bytes, &error);
    uint32_t verdict;

    if (gif == NULL)
        return refuse_decoding(error, why);
    verdict = decode_with(gif, source, ws, out, why);
    /* The picture is already read or refused: closing has no news. */
    DGifCloseFile(gif, NULL);
    return verdict;
}
