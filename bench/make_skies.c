/* make_skies FOLDER [SEED [SETS]]: write the demo's good star fields, in the
 * demo's order, as FOLDER/NNN-name.jpg; SETS of them from seeds that follow
 * each other. The same pictures as serve_demo serves. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "skies.h"

static int write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    int rc = 0;

    if (file == NULL)
        return -errno;
    if (fwrite(data, 1, size, file) != size)
        rc = -EIO;
    if (fclose(file) != 0)
        rc = -errno;
    return rc;
}

static int write_sky(const char *folder, int index, const demo_item *item)
{
    char path[4096];
    sky_file sky;
    int rc = sky_file_draw(item, &sky);

    if (rc < 0)
        return rc;
    snprintf(path, sizeof path, "%s/%03d-%s", folder, index,
             strrchr(item->day.url, '/') + 1);
    rc = write_file(path, sky.jpeg, sky.jpeg_size);
    sky_file_free(&sky);
    return rc;
}

static int write_set(const char *folder, uint64_t seed, int first)
{
    demo_item items[DEMO_ITEMS];
    int rc = 0;

    demo_items_fill(seed, items);
    for (int i = 0; i < DEMO_ITEMS && rc == 0; i++)
        if (demo_item_is_good(&items[i]))
            rc = write_sky(folder, first + i, &items[i]);
    return rc;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    int sets = argc > 3 ? atoi(argv[3]) : 1;

    if (argc < 2 || argc > 4 || sets < 1) {
        fprintf(stderr, "usage: make_skies FOLDER [SEED [SETS]]\n");
        return 2;
    }
    mkdir(argv[1], 0777); /* one that is there will do */
    for (int i = 0; i < sets; i++) {
        int rc = write_set(argv[1], seed + (uint64_t)i, i * DEMO_ITEMS);

        if (rc < 0) {
            fprintf(stderr, "%s: %s\n", argv[1], strerror(-rc));
            return 1;
        }
    }
    return 0;
}
