/* The loops for x86-64 with AVX2: 32 bytes at a time. Built with -mavx2, so all
 * of this file is for processors that were asked before. */
#include "worker/pixels/pixel_loops_sets.h"

#if defined(__AVX2__)
#include <immintrin.h>
#include <string.h>

static __m256i load(const void *from)
{
    return _mm256_loadu_si256(from);
}

static __m256i load16(const uint8_t *from)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)from));
}

static __m256i pair_of(const int16_t *weights)
{
    int32_t both;

    memcpy(&both, weights, sizeof both);
    return _mm256_set1_epi32(both);
}

/* Interleaving and packing both work within halves, so what is between them
 * may be out of order. */
static void sum_rows(const uint8_t *const *rows, const int16_t *weights,
                     int taps, int width, int16_t *to)
{
    const __m256i round = _mm256_set1_epi32(LOOPS_ROWS_ROUND);

    if (width < 16) {
        pixel_loops_sse2.sum_rows(rows, weights, taps, width, to);
        return;
    }
    /* The last ones may be summed twice. */
    for (int at = 0; at < width; at += 16) {
        int x = at + 16 <= width ? at : width - 16;
        __m256i low = round, high = round;

        for (int i = 0; i < taps; i += 2) {
            __m256i weight = pair_of(weights + i);
            __m256i a = load16(rows[i] + x), b = load16(rows[i + 1] + x);

            low = _mm256_add_epi32(
                low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), weight));
            high = _mm256_add_epi32(
                high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), weight));
        }
        _mm256_storeu_si256(
            (__m256i *)(to + x),
            _mm256_packs_epi32(_mm256_srai_epi32(low, LOOPS_ROWS_SHIFT),
                               _mm256_srai_epi32(high, LOOPS_ROWS_SHIFT)));
    }
}

/* Two results at a time, one in each half. */
static __m256i two_sums(const int16_t *a, const int16_t *b,
                        const int16_t *weights, int taps)
{
    __m256i sum = _mm256_setzero_si256();

    for (int k = 0; k < taps; k += LOOPS_TAPS_STEP) {
        __m256i levels = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(a + k))),
            _mm_loadu_si128((const __m128i *)(b + k)), 1);
        __m256i weight = _mm256_inserti128_si256(
            _mm256_castsi128_si256(
                _mm_loadu_si128((const __m128i *)(weights + k))),
            _mm_loadu_si128((const __m128i *)(weights + taps + k)), 1);

        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(levels, weight));
    }
    return sum;
}

static void sum_along(const int16_t *from, const int32_t *first,
                      const int16_t *weights, int taps, int count, uint8_t *to)
{
    const __m256i round = _mm256_set1_epi32(LOOPS_ALONG_ROUND);
    int i = 0;

    for (; i + 4 <= count; i += 4) {
        const int16_t *of = weights + (size_t)i * (size_t)taps;
        __m256i ab = two_sums(from + first[i], from + first[i + 1], of, taps);
        __m256i cd = two_sums(from + first[i + 2], from + first[i + 3],
                              of + 2 * taps, taps);
        /* Quarters of a and c, then of b and d, added up to one each. */
        __m256i halves = _mm256_hadd_epi32(ab, cd);
        __m256i sums = _mm256_hadd_epi32(halves, halves);
        __m128i ac = _mm256_castsi256_si128(sums);
        __m128i bd = _mm256_extracti128_si256(sums, 1);
        __m128i four = _mm_add_epi32(_mm_unpacklo_epi32(ac, bd),
                                     _mm256_castsi256_si128(round));
        int32_t samples;

        four = _mm_srai_epi32(four, LOOPS_ALONG_SHIFT);
        four = _mm_packs_epi32(four, four);
        four = _mm_packus_epi16(four, four);
        samples = _mm_cvtsi128_si32(four);
        memcpy(to + i, &samples, sizeof samples);
    }
    pixel_loops_sse2.sum_along(from, first + i,
                               weights + (size_t)i * (size_t)taps, taps,
                               count - i, to + i);
}

static __m256i difference(__m256i a, __m256i b)
{
    const __m256i bytes = _mm256_set1_epi16(0xff);
    __m256i d = _mm256_or_si256(_mm256_subs_epu8(a, b), _mm256_subs_epu8(b, a));

    d = _mm256_and_si256(d, _mm256_set1_epi32(0xffffff));
    d = _mm256_add_epi16(_mm256_and_si256(d, bytes), _mm256_srli_epi16(d, 8));
    return _mm256_madd_epi16(d, _mm256_set1_epi16(1));
}

static __m256i edges8(const uint8_t *row, const uint8_t *below, __m256i limit)
{
    __m256i at = load(row);
    __m256i strength = difference(at, load(row + 4));

    if (below != NULL)
        strength = _mm256_add_epi32(strength, difference(at, load(below)));
    return _mm256_cmpgt_epi32(strength, limit);
}

static void find_edges(const uint8_t *row, const uint8_t *below, int width,
                       int threshold, uint8_t *to)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i limit = _mm256_set1_epi32(below ? 2 * threshold + 1 : threshold);
    int x = 0;

    for (; x + 32 < width; x += 32) {
        __m256i eight[4], packed;

        for (int i = 0; i < 4; i++) {
            size_t at = 4 * (size_t)(x + 8 * i);

            eight[i] = edges8(row + at, below ? below + at : NULL, limit);
        }
        packed = _mm256_packs_epi16(_mm256_packs_epi32(eight[0], eight[1]),
                                    _mm256_packs_epi32(eight[2], eight[3]));
        _mm256_storeu_si256((__m256i *)(to + x),
                            _mm256_permutevar8x32_epi32(packed, order));
    }
    loops_find_edges_plain(row, below, x, width, threshold, to);
}

static __m256i times(__m256i level, int factor)
{
    __m256i high =
        _mm256_mulhi_epi16(level, _mm256_set1_epi16((int16_t)factor));

    return _mm256_srai_epi16(_mm256_add_epi16(high, _mm256_set1_epi16(4)), 3);
}

static __m256i colour16(const uint8_t *from)
{
    return _mm256_slli_epi16(
        _mm256_sub_epi16(load16(from), _mm256_set1_epi16(128)), 5);
}

static void ycc_to_rgbx(const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
                        int count, uint8_t *to)
{
    int i = 0;

    for (; i + 16 <= count; i += 16) {
        __m256i luma = load16(y + i);
        __m256i blue = colour16(cb + i), red = colour16(cr + i);
        __m256i r = _mm256_add_epi16(luma, times(red, LOOPS_RED_CR));
        __m256i g = _mm256_sub_epi16(
            _mm256_sub_epi16(luma, times(blue, LOOPS_GREEN_CB)),
            times(red, LOOPS_GREEN_CR));
        __m256i b = _mm256_add_epi16(luma, times(blue, LOOPS_BLUE_CB));
        __m256i rg = _mm256_unpacklo_epi8(_mm256_packus_epi16(r, r),
                                          _mm256_packus_epi16(g, g));
        __m256i bx = _mm256_unpacklo_epi8(_mm256_packus_epi16(b, b),
                                          _mm256_set1_epi8((char)255));
        __m256i low = _mm256_unpacklo_epi16(rg, bx);
        __m256i high = _mm256_unpackhi_epi16(rg, bx);

        _mm256_storeu_si256((__m256i *)(to + 4 * i),
                            _mm256_permute2x128_si256(low, high, 0x20));
        _mm256_storeu_si256((__m256i *)(to + 4 * i + 32),
                            _mm256_permute2x128_si256(low, high, 0x31));
    }
    loops_ycc_plain(y, cb, cr, i, count, to);
}

const pixel_loops pixel_loops_avx2 = {
    .name = "avx2",
    .sum_rows = sum_rows,
    .sum_along = sum_along,
    .find_edges = find_edges,
    .ycc_to_rgbx = ycc_to_rgbx,
};
#endif
