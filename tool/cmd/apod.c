/* starling apod: pictures of the day and the stars in them. */
#include "cmd/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <starling/error.h>

#include "source/apod.h"

enum { URL_SIZE = 2048, ANSWER_MAX = 16 << 20, COUNTED_PER_HOST_MAX = 16 };

/* The service's refusals, in the words of what the user can do. */
static int refuse(run *run, const fetch_result *result)
{
    char words[APOD_ERROR_MAX];

    apod_error_words(result->body.data, result->body.data ? result->size : 0,
                     words);
    if (result->status == 401 || result->status == 403)
        run_fail(run, STATUS_USAGE,
                 "the service refused the API key (HTTP %d: %s); get one at "
                 "https://api.nasa.gov and give it with --api-key",
                 result->status, words[0] ? words : "no reason given");
    else if (result->status == 429)
        run_fail(run, STATUS_LATER,
                 "the API key is over its rate (HTTP 429: %s); try again "
                 "later or with a key of your own",
                 words[0] ? words : "no reason given");
    else if (strcmp(result->class_name, "refused-address") == 0)
        run_fail(run, STATUS_USAGE,
                 "the service cannot be asked: %s (see --allow-address)",
                 result->reason);
    else if (result->status == 400 || result->status == 404)
        run_fail(run, STATUS_USAGE, "the service refused the request: %s",
                 words[0] ? words : result->reason);
    else
        run_fail(run, STATUS_LATER,
                 "the service cannot be asked: %s; try again later",
                 words[0] ? words : result->reason);
    return -EIO;
}

static int plan_day(run *run, const apod_day *day, size_t place, int *pictures)
{
    char stem[64], mark[112];
    store_new_item item = {
        .url = day->url, .stem = stem, .title = day->title, .date = day->date
    };

    if (day->url != NULL) {
        snprintf(stem, sizeof stem, "space_%d", (*pictures)++);
        return run_plan_item(run, &item);
    }
    /* No address of its own: the day is one. */
    snprintf(stem, sizeof stem, "apod_%.10s", day->date);
    snprintf(mark, sizeof mark, "apod:%.64s/%zu", day->date, place);
    item.url = mark;
    return run_plan_skipped(run, &item, day->lack);
}

static int plan_days(run *run, const apod_list *list)
{
    int pictures = 0, rc = 0;

    for (size_t i = 0; i < list->count; i++)
        pictures += list->days[i].url != NULL;
    console_line(run->console, "%s", "");
    console_line(run->console, "📡 Requesting %d images from NASA...", pictures);
    pictures = 0;
    for (size_t i = 0; i < list->count && rc == 0; i++)
        rc = plan_day(run, &list->days[i], i, &pictures);
    return rc;
}

static int read_answer(run *run, const fetch_result *answer)
{
    char error[APOD_ERROR_MAX];
    apod_list list;
    int rc = apod_parse(answer->body.data ? answer->body.data : "",
                        answer->size, &list, error);

    if (rc < 0) {
        run_fail(run, STATUS_LATER, "the service's answer cannot be used: %s",
                 error[0] ? error : sl_strerror(rc));
        return rc;
    }
    if (list.count == 0)
        run_fail(run, STATUS_LATER, "the service has no pictures to offer");
    rc = list.count > 0 ? plan_days(run, &list) : -ENOENT;
    apod_list_fini(&list);
    return rc;
}

int apod_fill(run *run, const apod_question *question)
{
    apod_query query = { question->base_url, question->api_key,
                         question->date,     question->start_date,
                         question->end_date, question->count };
    char url[URL_SIZE];
    fetch_result answer;
    int rc = apod_url(&query, url, sizeof url);

    if (rc < 0) {
        run_fail(run, STATUS_USAGE, "--base-url or the API key is too long");
        return rc;
    }
    rc = fetch_get(run->fetcher, url,
                   &(fetch_options){ .max_bytes = ANSWER_MAX }, &answer);
    if (rc == 0)
        rc = read_answer(run, &answer);
    else if (rc != SL_ECANCELED)
        rc = refuse(run, &answer);
    fetch_result_fini(&answer);
    return rc;
}

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

int command_apod(run *run)
{
    const struct options *options = run->options;
    apod_question question = { .base_url = options->base_url
                                               ? options->base_url
                                               : "https://api.nasa.gov",
                               .api_key = options->api_key,
                               .date = options->date,
                               .start_date = options->start_date,
                               .end_date = options->end_date,
                               .count = asked_count(options) };
    char what[256], path[4096];
    int pictures = question.count > 0 ? question.count : COUNTED_PER_HOST_MAX;
    run_plan plan = { .command = "apod",
                      .option_text = what,
                      .originals = "space_images",
                      .per_host = pictures < COUNTED_PER_HOST_MAX
                                      ? pictures
                                      : COUNTED_PER_HOST_MAX,
                      .fill = fill_from_service,
                      .context = &question };

    if (question.count > 0)
        snprintf(what, sizeof what, "count=%d", question.count);
    else if (question.date != NULL)
        snprintf(what, sizeof what, "date=%s", question.date);
    else
        snprintf(what, sizeof what, "start-date=%s\nend-date=%s",
                 question.start_date,
                 question.end_date ? question.end_date : "today");
    if (question.count > 0 && !options->resume && !options->fresh)
        choose_folder(run, path, sizeof path);
    return run_whole(run, &plan);
}
