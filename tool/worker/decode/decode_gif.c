/* GIF, by giflib: the first frame, on the screen it is meant for.
 *
 * giflib reads through a callback; its own way of slurping a whole animation
 * would let a small file allocate frame after frame, so records are taken one
 * at a time and reading stops after the first image. The rest of the file is
 * only walked, to see that it reaches its end.
 */
#include "worker/decode/decode.h"

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

/* The first image, and the colour that leaves what is behind it. */
typedef struct frame {
    const GifImageDesc *image;
    int transparent; /* an index, or NO_TRANSPARENT_COLOR */
    int pixel_bytes; /* 3; or 4, with alpha, where something is not covered */
} frame;

/* An extension, which may say something of the image that follows. */
static int read_extension(GifFileType *gif, frame *f)
{
    GraphicsControlBlock control;
    GifByteType *block;
    int code;

    if (DGifGetExtension(gif, &code, &block) != GIF_OK)
        return gif->Error;
    if (code == GRAPHICS_EXT_FUNC_CODE && block != NULL &&
        DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
        f->transparent = control.TransparentColor;
    while (block != NULL)
        if (DGifGetExtensionNext(gif, &block) != GIF_OK)
            return gif->Error;
    return 0;
}

/* Reads records up to the header of the first image.
 * Returns 0 or an error of giflib. */
static int find_image(GifFileType *gif, frame *f)
{
    GifRecordType type;
    int error = 0;

    *f = (frame){ &gif->Image, NO_TRANSPARENT_COLOR, 3 };
    while (error == 0) {
        if (DGifGetRecordType(gif, &type) != GIF_OK)
            return gif->Error;
        if (type == IMAGE_DESC_RECORD_TYPE)
            break;
        if (type != EXTENSION_RECORD_TYPE)
            return D_GIF_ERR_NO_IMAG_DSCR;
        error = read_extension(gif, f);
    }
    if (error == 0 && DGifGetImageDesc(gif) != GIF_OK)
        error = gif->Error;
    if (f->transparent != NO_TRANSPARENT_COLOR ||
        f->image->Width < gif->SWidth || f->image->Height < gif->SHeight)
        f->pixel_bytes = 4;
    return error;
}

/* One row of indices to colours; false for an index without a colour. */
static bool paint_row(const ColorMapObject *map, const frame *f,
                      const GifPixelType *indices, uint8_t *to)
{
    for (int i = 0; i < f->image->Width; i++, to += f->pixel_bytes) {
        const GifColorType *colour;

        if (indices[i] == f->transparent)
            continue;
        if (indices[i] >= map->ColorCount)
            return false;
        colour = &map->Colors[indices[i]];
        to[0] = colour->Red;
        to[1] = colour->Green;
        to[2] = colour->Blue;
        if (f->pixel_bytes == 4)
            to[3] = 255;
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

/* Paint the image at its place on a screen with nothing on it. Returns as
 * find_image. */
static int paint(GifFileType *gif, const frame *f, uint8_t *pixels,
                 GifPixelType *row)
{
    const GifImageDesc *image = f->image;
    const ColorMapObject *map =
        image->ColorMap ? image->ColorMap : gif->SColorMap;
    size_t pixel_bytes = (size_t)f->pixel_bytes;
    size_t stride = (size_t)gif->SWidth * pixel_bytes;

    if (map == NULL)
        return D_GIF_ERR_NO_COLOR_MAP;
    memset(pixels, 0, stride * (size_t)gif->SHeight);
    for (int i = 0; i < image->Height; i++) {
        int y = image->Interlace ? interlaced_row(i, image->Height) : i;

        if (DGifGetLine(gif, row, image->Width) != GIF_OK)
            return gif->Error;
        if (!paint_row(map, f, row,
                       pixels + (size_t)(image->Top + y) * stride +
                           pixel_bytes * (size_t)image->Left))
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
    uint8_t *pixels;
    frame first;
    int error;

    if (verdict != JOB_GOOD)
        return verdict;
    error = find_image(gif, &first);
    if (error != 0)
        return refuse_decoding(error, why);
    if (image->Left < 0 || image->Top < 0 || image->Width <= 0 ||
        image->Height <= 0 || image->Left + image->Width > gif->SWidth ||
        image->Top + image->Height > gif->SHeight)
        return decode_refuse(why, JOB_CORRUPT,
                             "GIF whose first frame is outside its screen");

    screen =
        (size_t)gif->SWidth * (size_t)gif->SHeight * (size_t)first.pixel_bytes;
    pixels = workspace_take(ws, WORKSPACE_PIXELS, screen + (size_t)gif->SWidth);
    if (pixels == NULL)
        return refuse_decoding(D_GIF_ERR_NOT_ENOUGH_MEM, why);
    error = paint(gif, &first, pixels, pixels + screen);
    if (error != 0)
        return refuse_decoding(error, why);
    if (!reaches_trailer(*(const reader *)gif->UserData))
        return refuse_decoding(D_GIF_ERR_EOF_TOO_SOON, why);
    picture_hold_pixels(out, (uint32_t)gif->SWidth, (uint32_t)gif->SHeight,
                        pixels, first.pixel_bytes, first.pixel_bytes == 4);
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
