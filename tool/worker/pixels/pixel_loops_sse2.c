/* The loops for every x86-64: 16 bytes at a time. */
#include "worker/pixels/pixel_loops_sets.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#include <string.h>

static __m128i load(const void *from)
{
    return _mm_loadu_si128(from);
}

/* Two weights as they meet two interleaved rows. */
static __m128i pair_of(const int16_t *weights)
{
    int32_t both;

    memcpy(&both, weights, sizeof both);
    return _mm_set1_epi32(both);
}

static void sum_rows(const uint8_t *const *rows, const int16_t *weights,
                     int taps, int width, int16_t *to)
{
    const __m128i zero = _mm_setzero_si128();
    const __m128i round = _mm_set1_epi32(LOOPS_ROWS_ROUND);
    int x = 0;

    for (; x + 8 <= width; x += 8) {
        __m128i low = round, high = round;

        for (int i = 0; i < taps; i += 2) {
            __m128i weight = pair_of(weights + i);
            __m128i both = _mm_unpacklo_epi8(
                _mm_loadl_epi64((const __m128i *)(rows[i] + x)),
                _mm_loadl_epi64((const __m128i *)(rows[i + 1] + x)));

            low = _mm_add_epi32(
                low, _mm_madd_epi16(_mm_unpacklo_epi8(both, zero), weight));
            high = _mm_add_epi32(
                high, _mm_madd_epi16(_mm_unpackhi_epi8(both, zero), weight));
        }
        _mm_storeu_si128(
            (__m128i *)(to + x),
            _mm_packs_epi32(_mm_srai_epi32(low, LOOPS_ROWS_SHIFT),
                            _mm_srai_epi32(high, LOOPS_ROWS_SHIFT)));
    }
    loops_sum_rows_plain(rows, weights, taps, x, width, to);
}

static void sum_along(const int16_t *from, const int32_t *first,
                      const int16_t *weights, int taps, int count, uint8_t *to)
{
    for (int i = 0; i < count; i++, weights += taps) {
        const int16_t *at = from + first[i];
        __m128i sum = _mm_setzero_si128();
        int32_t level;

        for (int k = 0; k < taps; k += LOOPS_TAPS_STEP)
            sum = _mm_add_epi32(
                sum, _mm_madd_epi16(load(at + k), load(weights + k)));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
        level = _mm_cvtsi128_si32(sum) + LOOPS_ALONG_ROUND;
        to[i] = loops_sample(level >> LOOPS_ALONG_SHIFT);
    }
}

/* Red, green and blue of the differences added up, in each of four pixels. */
static __m128i difference(__m128i a, __m128i b)
{
    const __m128i bytes = _mm_set1_epi16(0xff);
    __m128i d = _mm_or_si128(_mm_subs_epu8(a, b), _mm_subs_epu8(b, a));

    d = _mm_and_si128(d, _mm_set1_epi32(0xffffff));
    d = _mm_add_epi16(_mm_and_si128(d, bytes), _mm_srli_epi16(d, 8));
    return _mm_madd_epi16(d, _mm_set1_epi16(1));
}

static __m128i edges4(const uint8_t *row, const uint8_t *below, __m128i limit)
{
    __m128i at = load(row);
    __m128i strength = difference(at, load(row + 4));

    if (below != NULL)
        strength = _mm_add_epi32(strength, difference(at, load(below)));
    return _mm_cmpgt_epi32(strength, limit);
}

static void find_edges(const uint8_t *row, const uint8_t *below, int width,
                       int threshold, uint8_t *to)
{
    /* Half of a sum, rounded down, is above t when the sum is above 2t + 1. */
    __m128i limit = _mm_set1_epi32(below ? 2 * threshold + 1 : threshold);
    int x = 0;

    for (; x + 16 < width; x += 16) {
        __m128i four[4];

        for (int i = 0; i < 4; i++) {
            size_t at = 4 * (size_t)(x + 4 * i);

            four[i] = edges4(row + at, below ? below + at : NULL, limit);
        }
        _mm_storeu_si128((__m128i *)(to + x),
                         _mm_packs_epi16(_mm_packs_epi32(four[0], four[1]),
                                         _mm_packs_epi32(four[2], four[3])));
    }
    loops_find_edges_plain(row, below, x, width, threshold, to);
}

/* Eight colour levels from -128 on, 32 times as large. */
static __m128i colour8(const uint8_t *from)
{
    __m128i level = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)from),
                                      _mm_setzero_si128());

    return _mm_slli_epi16(_mm_sub_epi16(level, _mm_set1_epi16(128)), 5);
}

static __m128i times(__m128i level, int factor)
{
    __m128i high = _mm_mulhi_epi16(level, _mm_set1_epi16((int16_t)factor));

    return _mm_srai_epi16(_mm_add_epi16(high, _mm_set1_epi16(4)), 3);
}

static void ycc_to_rgbx(const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
                        int count, uint8_t *to)
{
    int i = 0;

    for (; i + 8 <= count; i += 8) {
        __m128i luma = _mm_unpacklo_epi8(
            _mm_loadl_epi64((const __m128i *)(y + i)), _mm_setzero_si128());
        __m128i blue = colour8(cb + i), red = colour8(cr + i);
        __m128i r = _mm_add_epi16(luma, times(red, LOOPS_RED_CR));
        __m128i g =
            _mm_sub_epi16(_mm_sub_epi16(luma, times(blue, LOOPS_GREEN_CB)),
                          times(red, LOOPS_GREEN_CR));
        __m128i b = _mm_add_epi16(luma, times(blue, LOOPS_BLUE_CB));
        __m128i rg =
            _mm_unpacklo_epi8(_mm_packus_epi16(r, r), _mm_packus_epi16(g, g));
        __m128i bx =
            _mm_unpacklo_epi8(_mm_packus_epi16(b, b), _mm_set1_epi8((char)255));

        _mm_storeu_si128((__m128i *)(to + 4 * i), _mm_unpacklo_epi16(rg, bx));
        _mm_storeu_si128((__m128i *)(to + 4 * i + 16),
                         _mm_unpackhi_epi16(rg, bx));
    }
    loops_ycc_plain(y, cb, cr, i, count, to);
}

const pixel_loops pixel_loops_sse2 = {
    .name = "sse2",
    .sum_rows = sum_rows,
    .sum_along = sum_along,
    .find_edges = find_edges,
    .ycc_to_rgbx = ycc_to_rgbx,
};
#endif
