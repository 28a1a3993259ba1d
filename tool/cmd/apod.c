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

/* "today" is a day, too, but another one each time. */
static const char *day_of(const char *day, const char *today)
{
    return day != NULL && strcmp(day, "today") == 0 ? today : day;
}

static apod_question question_of(const struct options *options,
                                 const char *today)
{
    apod_question question = {
        .base_url =
            options->base_url ? options->base_url : "https://api.nasa.gov",
        .api_key = options->api_key,
        .date = day_of(options->date, today),
        .start_date = day_of(options->start_date, today),
        .end_date = day_of(options->end_date, today),
        .is_today = options->date && strcmp(options->date, "today") == 0,
        .until_today =
            options->start_date != NULL &&
            (!options->end_date || strcmp(options->end_date, "today") == 0),
        .count = asked_count(options),
        .video_thumbs = options->video_thumbs,
    };

    if (question.until_today)
        question.end_date = today;
    return question;
}

static void describe(const apod_question *question, char *text, size_t size)
{
    const char *thumbs = question->video_thumbs ? "\nvideo-thumbs" : "";

    if (question->date != NULL)
        snprintf(text, size, "date=%s%s", question->date, thumbs);
    else if (question->start_date != NULL)
        snprintf(text, size, "start-date=%s\nend-date=%s%s",
                 question->start_date,
                 question->until_today ? "today" : question->end_date, thumbs);
    else
        snprintf(text, size, "count=%d%s", question->count, thumbs);
}

/* NASA's service knows nothing of days to come; another server may. */
static bool check_days(run *run, const apod_question *question,
                       const char *today)
{
    const char *days[] = { question->date, question->start_date,
                           question->end_date };

    for (int i = 0; i < 3 && run->options->base_url == NULL; i++) {
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
    apod_question question;
    int pictures;
    run_plan plan;

    days_text(days_eastern(time(NULL)), today);
    question = question_of(options, today);
    pictures = question.count > 0 ? question.count : COUNTED_PER_HOST_MAX;
    plan = (run_plan){ .command = "apod",
                       .option_text = what,
                       .originals = "space_images",
                       .per_host = pictures < COUNTED_PER_HOST_MAX
                                       ? pictures
                                       : COUNTED_PER_HOST_MAX,
                       .fill = fill_from_service,
                       .refill = question.start_date != NULL,
                       .context = &question };

    if (!check_days(run, &question, today))
        return run->status;
    describe(&question, what, sizeof what);
    if (question.count > 0 && !options->resume && !options->fresh)
        choose_folder(run, path, sizeof path);
    return run_whole(run, &plan);
}
