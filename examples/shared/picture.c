/* Pictures in memory, to and from JPEG. */
#include "picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

enum { QUALITY = 92, MOST_BYTES = 64 << 20 };

int picture_init(picture *picture, int width, int height)
{
    picture->width = width;
    picture->height = height;
    picture->rgb = calloc((size_t)width * (size_t)height, 3);
    return picture->rgb == NULL ? -ENOMEM : 0;
}

void picture_fini(picture *picture)
{
    free(picture->rgb);
    picture->rgb = NULL;
}

int picture_decode(picture *picture, const void *jpeg, size_t size)
{
    tjhandle handle = tjInitDecompress();
    int width, height, sampling, colours, rc = -EPROTO;

    picture->rgb = NULL;
    if (handle == NULL)
        return -ENOMEM;
    if (tjDecompressHeader3(handle, jpeg, size, &width, &height, &sampling,
                            &colours) == 0)
        rc = picture_init(picture, width, height);
    if (rc == 0 && tjDecompress2(handle, jpeg, size, picture->rgb, width, 0,
                                 height, TJPF_RGB, TJFLAG_ACCURATEDCT) < 0) {
        picture_fini(picture);
        rc = -EPROTO;
    }
    tjDestroy(handle);
    return rc;
}

int picture_encode(const picture *picture, void **jpeg, size_t *size)
{
    tjhandle handle = tjInitCompress();
    unsigned char *bytes = NULL;
    unsigned long count = 0;
    int rc = -ENOMEM;

    if (handle == NULL)
        return -ENOMEM;
    if (tjCompress2(handle, picture->rgb, picture->width, 0, picture->height,
                    TJPF_RGB, &bytes, &count, TJSAMP_420, QUALITY,
                    TJFLAG_ACCURATEDCT) == 0) {
        *jpeg = malloc(count);
        *size = count;
        if (*jpeg != NULL) {
            memcpy(*jpeg, bytes, count);
            rc = 0;
        }
    }
    tjFree(bytes);
    tjDestroy(handle);
    return rc;
}

static int read_whole(FILE *file, void **data, size_t *size)
{
    *data = malloc(MOST_BYTES);
    if (*data == NULL)
        return -ENOMEM;
    *size = fread(*data, 1, MOST_BYTES, file);
    return ferror(file) ? -EIO : 0;
}

int picture_load(picture *picture, const char *path)
{
    FILE *file = fopen(path, "rbe");
    void *data = NULL;
    size_t size;
    int rc;

    if (file == NULL)
        return -errno;
    rc = read_whole(file, &data, &size);
    fclose(file);
    if (rc == 0)
        rc = picture_decode(picture, data, size);
    free(data);
    return rc;
}

int picture_save(const picture *picture, const char *path)
{
    FILE *file;
    void *jpeg;
    size_t size;
    int rc = picture_encode(picture, &jpeg, &size);

    if (rc < 0)
        return rc;
    file = fopen(path, "wbe");
    if (file == NULL)
        rc = -errno;
    else if (fwrite(jpeg, 1, size, file) != size)
        rc = -EIO;
    if (file != NULL && fclose(file) != 0 && rc == 0)
        rc = -errno;
    free(jpeg);
    return rc;
}
