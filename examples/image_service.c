/* The same ten pictures filtered one after the other, on five threads, and in
 * five processes.
 *
 * The filter really touches every pixel, and each job returns how many those
 * were and a checksum: the three ways must agree. In C, threads share nothing
 * but memory, so they are as fast as processes and start sooner. What processes
 * buy is that a job which crashes, hangs or eats memory costs itself only.
 *
 * --time-scale makes the filter run more or less often over each picture.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling.h>

#include "shared/program.h"

enum { IMAGES = 10, WORKERS = 5, WIDTH = 1000, PASSES = 6 };

static const int megabytes[IMAGES] = { 2, 5, 3, 8, 4, 6, 2, 7, 3, 5 };

struct order {
    int number, megabytes, passes;
};

struct answer {
    int64_t pixels;
    uint64_t checksum;
};

/* A picture that has something in it: the filter must not be able to guess. */
static void draw(uint8_t *pixels, size_t count, unsigned number)
{
    uint32_t noise = number;

    for (size_t i = 0; i < count; i++) {
        noise = noise * 1664525 + 1013904223;
        pixels[i] = (uint8_t)(noise >> 24);
    }
}

/* Each pixel becomes the mean of itself and its neighbours to the right, below,
 * and between those. Returns how many there were. */
static int64_t blur(uint8_t *pixels, size_t count)
{
    int64_t done = 0;

    for (size_t i = 0; i < count; i++, done++) {
        size_t right = i + 1 < count ? i + 1 : i;
        size_t below = i + WIDTH < count ? i + WIDTH : i;
        size_t between = below + 1 < count ? below + 1 : below;

        pixels[i] = (uint8_t)((pixels[i] + pixels[right] + pixels[below] +
                               pixels[between]) /
                              4);
    }
    return done;
}

/* The job: on the loop's thread, on another, in another process. */
static int process_image(const void *in, size_t in_size, void *out,
                         size_t capacity)
{
    const struct order *order = in;
    size_t count = (size_t)order->megabytes * 1000000;
    struct answer answer = { 0 };
    uint8_t *pixels = malloc(count);

    (void)in_size;
    (void)capacity;
    if (pixels == NULL)
        return -ENOMEM;
    draw(pixels, count, (unsigned)order->number);
    for (int i = 0; i < order->passes; i++)
        answer.pixels = blur(pixels, count);
    for (size_t i = 0; i < count; i++)
        answer.checksum = answer.checksum * 31 + pixels[i];
    free(pixels);
    memcpy(out, &answer, sizeof answer);
    return sizeof answer;
}

static void print_processed(const struct order *order,
                            const struct answer *answer)
{
    int64_t n = answer->pixels;

    printf("📷 Processed: photo_%03d.jpg (%dMB) - "
           "%" PRId64 ",%03d,%03d pixels\n",
           order->number, order->megabytes, n / 1000000, (int)(n / 1000 % 1000),
           (int)(n % 1000));
}

static int run_sequentially(const struct order orders[],
                            struct answer answers[])
{
    for (int i = 0; i < IMAGES; i++) {
        int rc = process_image(&orders[i], sizeof orders[i], &answers[i],
                               sizeof answers[i]);

        if (rc < 0)
            return rc;
        print_processed(&orders[i], &answers[i]);
    }
    return 0;
}

/* Print what is done in the order in which it gets done. */
static int print_completed(sl_future *const futures[],
                           const struct order orders[],
                           const struct answer answers[])
{
    sl_completions *each = sl_completions_new(IMAGES, futures);
    sl_future *future;
    int rc;

    if (each == NULL)
        return -ENOMEM;
    while ((rc = sl_completions_next(each, &future)) > 0) {
        int at = 0;

        while (futures[at] != future)
            at++;
        rc = sl_future_result(future, NULL);
        if (rc < 0)
            break;
        print_processed(&orders[at], &answers[at]);
    }
    sl_completions_free(each);
    return rc;
}

static int run_in(sl_pool *pool, const struct order orders[],
                  struct answer answers[])
{
    sl_future *futures[IMAGES] = { NULL };
    int rc = pool == NULL ? -ENOMEM : 0, closed;

    if (rc < 0)
        return rc;
    for (int i = 0; i < IMAGES && rc == 0; i++) {
        futures[i] =
            sl_pool_submit(pool, process_image, &orders[i], sizeof orders[i],
                           &answers[i], sizeof answers[i]);
        rc = futures[i] == NULL ? -ENOMEM : 0;
    }
    if (rc == 0)
        rc = print_completed(futures, orders, answers);
    closed = sl_pool_close(pool);
    for (int i = 0; i < IMAGES; i++)
        sl_future_drop(futures[i]);
    return rc < 0 ? rc : closed;
}

static int run_on_threads(const struct order orders[], struct answer answers[])
{
    return run_in(sl_thread_pool_new(WORKERS), orders, answers);
}

static int run_in_processes(const struct order orders[],
                            struct answer answers[])
{
    sl_process_pool_options options = { .workers = WORKERS };

    return run_in(sl_process_pool_new(&options), orders, answers);
}

struct method {
    const char *title, *explanation, *name;
    int workers; /* 0: this thread does it */
    int (*run)(const struct order orders[], struct answer answers[]);
    double seconds;
    struct answer answers[IMAGES];
};

static int measure(struct method *method, const struct order orders[])
{
    sl_time begin;
    int rc;

    print_rule('-', 70);
    if (method->workers > 0)
        printf("%s (%d workers)\n", method->title, method->workers);
    else
        puts(method->title);
    puts(method->explanation);
    print_rule('-', 70);
    begin = sl_now();
    rc = method->run(orders, method->answers);
    method->seconds = (double)(sl_now() - begin) / 1e9;
    if (rc == 0)
        printf("\n⏱️  %s Execution Time: %.2f seconds\n\n", method->name,
               method->seconds);
    return rc;
}

/* All pixels, counted by whoever filtered them, and the same result each way.
 */
static int verify(const struct method methods[3])
{
    int64_t pixels = 0;

    for (int i = 0; i < IMAGES; i++) {
        pixels += methods[0].answers[i].pixels;
        for (int j = 1; j < 3; j++)
            if (memcmp(&methods[j].answers[i], &methods[0].answers[i],
                       sizeof methods[j].answers[i]) != 0)
                return sl_fail(-EPROTO, "photo_%03d.jpg came out different",
                               i + 1);
    }
    return pixels == 45000000 ? 0 : sl_fail(-EPROTO, "pixels are missing");
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static void print_summary(const struct method methods[3])
{
    print_rule('=', 70);
    puts("    📊 PERFORMANCE SUMMARY");
    print_rule('=', 70);
    printf("    Sequential:    %.2f seconds\n", methods[0].seconds);
    printf("    Thread Pool:   %.2f seconds\n", methods[1].seconds);
    printf("    Process Pool:  %.2f seconds\n", methods[2].seconds);
    print_rule('-', 70);
    printf("    🚀 Thread Pool Speedup:  %.2fx faster\n",
           ratio(methods[0].seconds, methods[1].seconds));
    printf("    🚀 Process Pool Speedup: %.2fx faster\n",
           ratio(methods[0].seconds, methods[2].seconds));
    print_rule('=', 70);
}

static int run(struct method methods[3])
{
    struct order orders[IMAGES];
    int passes = (int)(scaled(SL_S(PASSES)) / SL_S(1)), rc = 0;

    for (int i = 0; i < IMAGES; i++)
        orders[i] =
            (struct order){ i + 1, megabytes[i], passes > 0 ? passes : 1 };
    print_rule('=', 70);
    puts("    IMAGE PROCESSING SERVICE - Performance Comparison");
    puts("    Sequential vs Thread Pool vs Process Pool Execution");
    print_rule('=', 70);
    printf("\n📁 Processing %d images...\n\n", IMAGES);
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = measure(&methods[i], orders);
    if (rc == 0)
        rc = verify(methods);
    if (rc == 0)
        print_summary(methods);
    return rc;
}

static int app(void *arg)
{
    static struct method methods[3] = {
        { .title = "🔄 METHOD 1: SEQUENTIAL EXECUTION",
          .explanation =
              "   Processing images one by one (like a single worker)",
          .name = "Sequential",
          .run = run_sequentially },
        { .title = "🧵 METHOD 2: THREAD POOL EXECUTION",
          .explanation =
              "   Like having 5 editors working on images simultaneously",
          .name = "Thread Pool",
          .workers = WORKERS,
          .run = run_on_threads },
        { .title = "⚙️  METHOD 3: PROCESS POOL EXECUTION",
          .explanation =
              "   Like having 5 separate computers processing images",
          .name = "Process Pool",
          .workers = WORKERS,
          .run = run_in_processes },
    };
    command *command = arg;

    program_begin(&command->argc, command->argv);
    expect_arguments(command->argc, command->argv, 0, 0, "image_service");
    return run(methods);
}

int main(int argc, char **argv)
{
    command command = { argc, argv };

    return sl_main(argc, argv, app, &command);
}
