/* The loops for aarch64, all of which have NEON: 16 bytes at a time. */
#include "worker/pixels/pixel_loops_sets.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

static void sum_rows(const uint8_t *const *rows, const int16_t *weights,
                     int taps, int width, int16_t *to)
{
    int x = 0;

    for (; x + 8 <= width; x += 8) {
        int32x4_t low = vdupq_n_s32(LOOPS_ROWS_ROUND), high = low;

        for (int i = 0; i < taps; i++) {
            int16x8_t level =
                vreinterpretq_s16_u16(vmovl_u8(vld1_u8(rows[i] + x)));

            low = vmlal_n_s16(low, vget_low_s16(level), weights[i]);
            high = vmlal_n_s16(high, vget_high_s16(level), weights[i]);
        }
        vst1q_s16(to + x, vcombine_s16(
                              vqmovn_s32(vshrq_n_s32(low, LOOPS_ROWS_SHIFT)),
                              vqmovn_s32(vshrq_n_s32(high, LOOPS_ROWS_SHIFT))));
    }
    loops_sum_rows_plain(rows, weights, taps, x, width, to);
}

static void sum_along(const int16_t *from, const int32_t *first,
                      const int16_t *weights, int taps, int count, uint8_t *to)
{
    for (int i = 0; i < count; i++, weights += taps) {
        const int16_t *at = from + first[i];
        int32x4_t sum = vdupq_n_s32(0);

        for (int k = 0; k < taps; k += LOOPS_TAPS_STEP) {
            int16x8_t level = vld1q_s16(at + k),
                      weight = vld1q_s16(weights + k);

            sum = vmlal_s16(sum, vget_low_s16(level), vget_low_s16(weight));
            sum = vmlal_high_s16(sum, level, weight);
        }
        to[i] = loops_sample((vaddvq_s32(sum) + LOOPS_ALONG_ROUND) >>
                             LOOPS_ALONG_SHIFT);
    }
}

/* Red, green and blue of the differences added up, in each of 16 pixels. */
static void add_difference(uint8x16x4_t a, uint8x16x4_t b, uint16x8_t sums[2])
{
    for (int c = 0; c < 3; c++) {
        uint8x16_t d = vabdq_u8(a.val[c], b.val[c]);

        sums[0] = vaddw_u8(sums[0], vget_low_u8(d));
        sums[1] = vaddw_high_u8(sums[1], d);
    }
}

static void find_edges(const uint8_t *row, const uint8_t *below, int width,
                       int threshold, uint8_t *to)
{
    uint16x8_t limit =
        vdupq_n_u16((uint16_t)(below ? 2 * threshold + 1 : threshold));
    int x = 0;

    for (; x + 16 < width; x += 16) {
        uint8x16x4_t at = vld4q_u8(row + 4 * (size_t)x);
        uint16x8_t sums[2] = { vdupq_n_u16(0), vdupq_n_u16(0) };

        add_difference(at, vld4q_u8(row + 4 * (size_t)x + 4), sums);
        if (below != NULL)
            add_difference(at, vld4q_u8(below + 4 * (size_t)x), sums);
        vst1q_u8(to + x, vcombine_u8(vmovn_u16(vcgtq_u16(sums[0], limit)),
                                     vmovn_u16(vcgtq_u16(sums[1], limit))));
    }
    loops_find_edges_plain(row, below, x, width, threshold, to);
}

static int16x8_t high_half(int16x8_t level, int factor)
{
    int16x4_t by = vdup_n_s16((int16_t)factor);

    return vcombine_s16(vshrn_n_s32(vmull_s16(vget_low_s16(level), by), 16),
                        vshrn_n_s32(vmull_s16(vget_high_s16(level), by), 16));
}

static int16x8_t times(int16x8_t level, int factor)
{
    return vshrq_n_s16(vaddq_s16(high_half(level, factor), vdupq_n_s16(4)), 3);
}

static int16x8_t colour8(const uint8_t *from)
{
    int16x8_t level = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(from)));

    return vshlq_n_s16(vsubq_s16(level, vdupq_n_s16(128)), 5);
}

static void ycc_to_rgbx(const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
                        int count, uint8_t *to)
{
    int i = 0;

    for (; i + 8 <= count; i += 8) {
        int16x8_t luma = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(y + i)));
        int16x8_t blue = colour8(cb + i), red = colour8(cr + i);
        uint8x8x4_t out;

        out.val[0] = vqmovun_s16(vaddq_s16(luma, times(red, LOOPS_RED_CR)));
        out.val[1] =
            vqmovun_s16(vsubq_s16(vsubq_s16(luma, times(blue, LOOPS_GREEN_CB)),
                                  times(red, LOOPS_GREEN_CR)));
        out.val[2] = vqmovun_s16(vaddq_s16(luma, times(blue, LOOPS_BLUE_CB)));
        out.val[3] = vdup_n_u8(255);
        vst4_u8(to + 4 * i, out);
    }
    loops_ycc_plain(y, cb, cr, i, count, to);
}

const pixel_loops pixel_loops_neon = {
    .name = "neon",
    .sum_rows = sum_rows,
    .sum_along = sum_along,
    .find_edges = find_edges,
    .ycc_to_rgbx = ycc_to_rgbx,
};
#endif
