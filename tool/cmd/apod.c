/* starling apod: pictures of the day and the stars in them. */
#include "cmd/commands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "source/days.h"

enum { COUNTED_PER_HOST_MAX = 16 };

/* Where the run goes: a finished run of random days is not gone on with, since
 * asking again gives other days; the next run is put beside it. */
static int is_finished_count(store *store, void *unused)
{
    store_counts counts;
    store_run row;

    (void)unused;
    if (store_count(store, &counts) < 0 || store_read_run(store, &row) < 0)
        return 0;
    return row.finished_at != NULL && strcmp(row.command, "apod") == 0 &&
           strncmp(row.options, "count=", 6) == 0 &&
           counts.in[STORE_PLANNED] + counts.in[STORE_FETCHED] == 0;
}

/* What is wrong with a folder is said when the run is opened in it. */
static bool is_finished(const char *folder)
{
    store_options none = { 0 };
    store_error error;
    books books;
    bool finished;

    if (books_open(&books, books_view, folder, NULL, &none, &error) < 0)
        return false;
    finished = books_call(&books, is_finished_count, NULL) > 0;
    books_close(&books);
    return finished;
}

static void choose_folder(run *run, char *path, size_t size)
{
    snprintf(path, size, "%s", run->out);
    for (int n = 2; n < 10000 && is_finished(path); n++)
        snprintf(path, size, "%s-%d", run->out, n);
    if (strcmp(path, run->out) != 0)
        console_message(run->console,
                        "%s holds a finished run; this one goes to %s",
                        run->out, path);
    run->out = path;
}

static int fill_from_service(run *run, void *context)
{
    return apod_fill(run, context);
}

static int asked_count(const struct options *options)
{
    return options->date || options->start_date ? 0 : (int)options->count;
}

static void describe(const struct options *options, char *text, size_t size)
{
    const char *thumbs = options->video_thumbs ? "\nvideo-thumbs" : "";

    if (options->date != NULL)
        snprintf(text, size, "date=%s%s", options->date, thumbs);
    else if (options->start_date != NULL)
        snprintf(text, size, "start-date=%s\nend-date=%s%s",
                 options->start_date,
                 options->end_date ? options->end_date : "today", thumbs);
    else
        snprintf(text, size, "count=%d%s", asked_count(options), thumbs);
}

static apod_question question_of(const struct options *options,
                                 char today[DAYS_TEXT_SIZE])
{
    apod_question question = {
        .base_url =
            options->base_url ? options->base_url : "https://api.nasa.gov",
        .api_key = options->api_key,
        .date = options->date,
        .start_date = options->start_date,
        .end_date = options->end_date,
        .until_today = options->start_date && !options->end_date,
        .count = asked_count(options),
        .video_thumbs = options->video_thumbs,
    };

    days_text(days_eastern(time(NULL)), today);
    if (question.until_today)
        question.end_date = today;
    return question;
}

/* NASA's service knows nothing of days to come; another server may. */
static bool check_days(run *run, const char *today)
{
    const struct options *options = run->options;
    const char *days[] = { options->date, options->start_date,
                           options->end_date };

    for (int i = 0; i < 3 && options->base_url == NULL; i++) {
        if (days[i] == NULL || strcmp(days[i], today) <= 0)
            continue;
        run_fail(run, STATUS_USAGE,
                 "there is no picture of %s yet: in the eastern United States "
                 "it is %s",
                 days[i], today);
        return false;
    }
    return true;
}

int command_apod(run *run)
{
    const struct options *options = run->options;
    char what[256], path[4096], today[DAYS_TEXT_SIZE];
    apod_question question = question_of(options, today);
    int pictures = question.count > 0 ? question.count : COUNTED_PER_HOST_MAX;
    run_plan plan = { .command = "apod",
                      .option_text = what,
                      .originals = "space_images",
                      .per_host = pictures < COUNTED_PER_HOST_MAX
                                      ? pictures
                                      : COUNTED_PER_HOST_MAX,
                      .fill = fill_from_service,
                      .refill = question.start_date != NULL,
                      .context = &question };

    if (!check_days(run, today))
        return run->status;
    describe(options, what, sizeof what);
    if (question.count > 0 && !options->resume && !options->fresh)
        choose_folder(run, path, sizeof path);
    return run_whole(run, &plan);
}
