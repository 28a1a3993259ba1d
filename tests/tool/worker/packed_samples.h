/* packed_samples.h: bytes as servers and astronomers compress them. */
#ifndef TESTS_TOOL_WORKER_PACKED_SAMPLES_H
#define TESTS_TOOL_WORKER_PACKED_SAMPLES_H

#include "samples.h"

typedef sample pack(const sample *text);

/* Where their libraries are; else NULL. */
#pragma weak pack_brotli
#pragma weak pack_bzip2
#pragma weak pack_zstd
pack pack_brotli, pack_bzip2, pack_zstd;

sample pack_zlib(const sample *text, int window_bits);
sample join(const sample *a, const sample *b);

#endif
