/* make_heif heic|avif: a star field of that format on standard output, for the
 * tests of the whole tool. Exits with 77 where libheif has no encoder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rare_samples.h"

const char *__lsan_default_suppressions(void);

/* The encoder loses some with every picture. */
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
    return "leak:libx265.so\n";
}

int main(int argc, char **argv)
{
    sample pixels = sample_pixels(3);
    sample file = encode_heif(pixels.data, FIELD_WIDTH, FIELD_HEIGHT,
                              argc > 1 && strcmp(argv[1], "avif") == 0);
    bool made = file.data != NULL &&
                fwrite(file.data, 1, file.size, stdout) == file.size;

    free(file.data);
    free(pixels.data);
    return made ? 0 : 77;
}
