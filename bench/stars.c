/* stars [SEED...]: how many of the demo's stars the tool's finder finds.
 *
 * Prints a line a picture and one for all of them. Recall counts stars with a
 * signal-to-noise ratio of 10 and more, precision all that was found.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "skies.h"
#include "support/match.h"
#include "worker/picture_job.h"

enum { RESULT_SIZE = 128 << 20 };

static match_star *to_match(const job_star *stars, size_t count)
{
    match_star *list = calloc(count + 1, sizeof *list);

    for (size_t i = 0; list != NULL && i < count; i++)
        list[i] = (match_star){ stars[i].x, stars[i].y, (double)stars[i].fwhm,
                                (double)stars[i].snr };
    return list;
}

static int find(const sky_file *sky, void *result, job_answer *answer)
{
    job_request request = { .body_size = sky->jpeg_size,
                            .max_pixels = 100 << 20,
                            .operations = JOB_DO_STARS };
    sl_job_io io = { .in = &request,
                     .in_size = sizeof request,
                     .out = answer,
                     .out_capacity = sizeof *answer,
                     .body = { .data = (void *)sky->jpeg,
                               .size = sky->jpeg_size },
                     .result = { .data = result, .size = RESULT_SIZE } };
    int rc = worker_picture(&io);

    if (rc >= 0 && answer->verdict != JOB_GOOD)
        return -EBADMSG;
    return rc < 0 ? rc : 0;
}

static void show(const char *name, const match_score *score)
{
    printf("%-32s %5zu to find, recall %.3f, %5zu found, precision %.3f, "
           "%.2f px\n",
           name, score->to_find, score->recall, score->found, score->precision,
           score->rms_px);
}

static int score_sky(const demo_item *item, void *result, match_score *sum)
{
    job_answer answer;
    match_star *truth, *found;
    match_score score;
    sky_file sky;
    int rc = sky_file_draw(item, &sky);

    if (rc < 0)
        return rc;
    rc = find(&sky, result, &answer);
    truth = to_match(sky.truth, sky.star_count);
    found = to_match(result, rc < 0 ? 0 : answer.star_count);
    if (rc == 0 && (truth == NULL || found == NULL))
        rc = -ENOMEM;
    if (rc == 0)
        rc = match_stars(truth, sky.star_count, found, answer.star_count,
                         &score);
    if (rc == 0) {
        show(item->day.url, &score);
        sum->to_find += score.to_find;
        sum->hit += score.hit;
        sum->found += score.found;
        sum->right += score.right;
    }
    free(truth);
    free(found);
    sky_file_free(&sky);
    return rc;
}

static int score_demo(uint64_t seed, void *result, match_score *sum)
{
    demo_item items[DEMO_ITEMS];
    int rc = 0;

    demo_items_fill(seed, items);
    for (int i = 0; i < DEMO_ITEMS && rc == 0; i++)
        if (demo_item_is_good(&items[i]))
            rc = score_sky(&items[i], result, sum);
    return rc;
}

int main(int argc, char **argv)
{
    match_score sum = { 0 };
    void *result = mmap(NULL, RESULT_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int rc = result == MAP_FAILED ? -ENOMEM : 0;

    if (argc < 2 && rc == 0)
        rc = score_demo(1, result, &sum);
    for (int i = 1; i < argc && rc == 0; i++)
        rc = score_demo(strtoull(argv[i], NULL, 10), result, &sum);
    if (rc < 0) {
        fprintf(stderr, "stars: %s\n", strerror(-rc));
        return 1;
    }
    sum.recall = sum.to_find > 0 ? (double)sum.hit / (double)sum.to_find : 1;
    sum.precision = sum.found > 0 ? (double)sum.right / (double)sum.found : 1;
    printf("all: %zu to find, recall %.4f, %zu found, precision %.4f\n",
           sum.to_find, sum.recall, sum.found, sum.precision);
    return 0;
}
