/* bzip2 by its own library. */
#include "packed_samples.h"

#include <stdlib.h>

#include <bzlib.h>

sample pack_bzip2(const sample *text)
{
    unsigned size = (unsigned)(text->size + text->size / 100 + 600);
    sample made = { malloc(size), 0 };

    if (made.data == NULL ||
        BZ2_bzBuffToBuffCompress((char *)made.data, &size, (char *)text->data,
                                 (unsigned)text->size, 9, 0, 0) != BZ_OK)
        abort();
    made.size = size;
    return made;
}
