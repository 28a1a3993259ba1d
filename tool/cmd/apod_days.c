/* The days of the APOD service, into the books.
 *
 * A range of years is more than one answer can hold, so it is asked for in
 * pieces, and what has been planned of it is noted with each piece: a run that
 * is killed asks for the rest. The service has days that break its answer; a
 * piece it cannot answer is halved until such a day stands alone. That day has
 * failed, and the others are there.
 */
#include "cmd/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "run/fill.h"
#include "source/apod.h"
#include "source/days.h"

enum {
    URL_SIZE = 2048,
    ANSWER_MAX = 16 << 20,
    PIECE_DAYS = 100,
    MISSES_AT_FIRST = 3, /* days in a row: then it is the service */
    MISSES_LATER = 10,
    WORDS_SIZE = 320,
};

typedef struct bad_day {
    int32_t day;
    char words[WORDS_SIZE];
} bad_day;

typedef struct asking {
    run *run;
    const apod_question *question;
    int pictures;  /* planned so far: the next is space_{pictures} */
    int announced; /* how many are said to be asked for; 0: as many as come */
    bool has_said; /* that it asks */
    bool any_answer;
    int misses;
    bool is_refused; /* the last question, and not for want of the service */
    char words[WORDS_SIZE]; /* why the last question had no answer */
    bad_day bad[PIECE_DAYS];
    int bad_count;
    int32_t filled; /* the last day of what is planned */
} asking;

/* The service's refusals, in the words of what the user can do. */
static int refuse(asking *asking, const fetch_result *result)
{
    run *run = asking->run;
    bool is_unknown = result->status == 400 || result->status == 404;
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
    else if (is_unknown && asking->question->is_today)
        run_fail(run, STATUS_LATER, "the service has nothing for today yet: %s",
                 words[0] ? words : result->reason);
    else if (is_unknown)
        run_fail(run, STATUS_USAGE, "the service refused the request: %s",
                 words[0] ? words : result->reason);
    else
        run_fail(run, STATUS_LATER,
                 "the service cannot be asked: %s; try again later",
                 words[0] ? words : result->reason);
    return -EIO;
}

/* Is it this question, and not the service as such? */
static bool is_about_the_question(const fetch_result *answer)
{
    return answer->status == 400 || answer->status == 404 ||
           answer->status >= 500;
}

/* One answer into the books, on the store's thread: all of it or nothing. */

typedef struct planning {
    const apod_list *list;
    int pictures;
    const char *filled; /* to be noted with it; or NULL */
    int64_t to_work;
} planning;

static int plan_day(store *store, planning *planning, const apod_day *day,
                    size_t place)
{
    char stem[64], mark[112];
    store_new_item item = {
        .url = day->url, .stem = stem, .title = day->title, .date = day->date
    };
    enum store_state state;
    int64_t id;
    int rc;

    if (day->url != NULL) {
        snprintf(stem, sizeof stem, "space_%d", planning->pictures++);
        rc = store_plan(store, &item, &id, &state);
        planning->to_work += rc == 0;
        return rc < 0 ? rc : 0;
    }
    /* No address of its own: the day is one. */
    snprintf(stem, sizeof stem, "apod_%.10s", day->date);
    snprintf(mark, sizeof mark, "apod:%.64s/%zu", day->date, place);
    item.url = mark;
    rc = store_plan(store, &item, &id, &state);
    return rc == 0 ? store_mark_skipped(store, id, day->lack) : rc < 0 ? rc : 0;
}

static int plan_answer(store *store, void *arg)
{
    planning *planning = arg;
    int rc = 0;

    for (size_t i = 0; i < planning->list->count && rc == 0; i++)
        rc = plan_day(store, planning, &planning->list->days[i], i);
    return rc == 0 && planning->filled != NULL
               ? store_note_filled(store, planning->filled)
               : rc;
}

static void announce(asking *asking, const apod_list *list)
{
    int pictures = asking->announced;

    for (size_t i = 0; i < list->count && asking->announced == 0; i++)
        pictures += list->days[i].url != NULL;
    console_line(asking->run->console, "%s", "");
    console_line(asking->run->console, "📡 Requesting %d images from NASA...",
                 pictures);
    asking->has_said = true;
}

static int plan_list(asking *asking, const apod_list *list, const char *filled)
{
    run *run = asking->run;
    planning planning = { .list = list,
                          .pictures = asking->pictures,
                          .filled = filled };

    if (!asking->has_said)
        announce(asking, list);
    if (books_change(&run->books, plan_answer, &planning) < 0)
        return run_fail_books(run);
    asking->pictures = planning.pictures;
    fill_count(run, planning.to_work);
    return 0;
}

/* 0: *list is filled in; 1: there is no answer to this question, and
 * asking->words says why; or an error that was told. */
static int ask(asking *asking, const apod_query *query, apod_list *list)
{
    run *run = asking->run;
    char url[URL_SIZE], words[APOD_ERROR_MAX] = "";
    fetch_result answer;
    int rc = apod_url(query, url, sizeof url);

    if (rc < 0) {
        run_fail(run, STATUS_USAGE, "--base-url or the API key is too long");
        return rc;
    }
    rc = fetch_get(run->fetcher, url,
                   &(fetch_options){ .max_bytes = ANSWER_MAX }, &answer);
    if (rc == 0) {
        rc = apod_parse(answer.body.data ? answer.body.data : "", answer.size,
                        list, words);
        snprintf(asking->words, WORDS_SIZE,
                 "the service's answer cannot be used: %s",
                 words[0] ? words : sl_strerror(rc));
        asking->is_refused = false;
        rc = rc < 0 ? 1 : 0;
    } else if (rc != SL_ECANCELED && is_about_the_question(&answer) &&
               query->start_date != NULL) {
        apod_error_words(answer.body.data, answer.body.data ? answer.size : 0,
                         words);
        snprintf(asking->words, WORDS_SIZE, "HTTP %d: %s", answer.status,
                 words[0] ? words : answer.reason);
        asking->is_refused = answer.status < 500;
        rc = 1;
    } else if (rc != SL_ECANCELED) {
        rc = refuse(asking, &answer);
    }
    fetch_result_fini(&answer);
    return rc;
}

static apod_query query_of(const apod_question *question)
{
    return (apod_query){ .base_url = question->base_url,
                         .api_key = question->api_key,
                         .date = question->date,
                         .count = question->count,
                         .thumbs = question->video_thumbs };
}

static int ask_once(asking *asking)
{
    apod_query query = query_of(asking->question);
    apod_list list = { 0 };
    int rc = ask(asking, &query, &list);

    if (rc > 0) {
        run_fail(asking->run, STATUS_LATER, "%s", asking->words);
        return -EPROTO;
    }
    if (rc < 0)
        return rc;
    if (list.count == 0)
        run_fail(asking->run, STATUS_LATER,
                 "the service has no pictures to offer");
    rc = list.count > 0 ? plan_list(asking, &list, "all") : -ENOENT;
    apod_list_fini(&list);
    return rc;
}

/* Ranges. */

static int miss_day(asking *asking, int32_t day)
{
    int most = asking->any_answer ? MISSES_LATER : MISSES_AT_FIRST;
    bad_day *bad = &asking->bad[asking->bad_count++];

    if (++asking->misses >= most) {
        if (asking->is_refused)
            run_fail(asking->run, STATUS_USAGE,
                     "the service refused the request: %s", asking->words);
        else
            run_fail(asking->run, STATUS_LATER,
                     "the service cannot be asked: %s; try again later",
                     asking->words);
        return -EIO;
    }
    bad->day = day;
    memcpy(bad->words, asking->words, sizeof bad->words);
    return 0;
}

static int ask_range(asking *asking, int32_t from, int32_t to)
{
    char first[DAYS_TEXT_SIZE], last[DAYS_TEXT_SIZE];
    apod_query query = query_of(asking->question);
    apod_list list = { 0 };
    int32_t middle = from + (to - from) / 2;
    int rc;

    if (asking->run->draining)
        return SL_ECANCELED;
    days_text(from, first);
    days_text(to, last);
    query.start_date = first;
    query.end_date = last;
    rc = ask(asking, &query, &list);
    if (rc == 0) {
        asking->any_answer = true;
        asking->misses = 0;
        rc = plan_list(asking, &list, NULL);
        apod_list_fini(&list);
    } else if (rc > 0 && from == to) {
        rc = miss_day(asking, from);
    } else if (rc > 0) {
        rc = ask_range(asking, from, middle);
        if (rc == 0)
            rc = ask_range(asking, middle + 1, to);
    }
    return rc;
}

/* The piece is over: its bad days have failed, and it is noted. */
static int note_piece(store *store, void *arg)
{
    asking *asking = arg;
    char date[DAYS_TEXT_SIZE], stem[32], mark[32], filled[48];
    enum store_state state;
    int64_t id;
    int rc = 0;

    for (int i = 0; i < asking->bad_count && rc >= 0; i++) {
        store_new_item item = { .url = mark, .stem = stem, .date = date };

        days_text(asking->bad[i].day, date);
        snprintf(stem, sizeof stem, "apod_%s", date);
        snprintf(mark, sizeof mark, "apod:%s", date);
        rc = store_plan(store, &item, &id, &state);
        if (rc == 0)
            rc = store_mark_failed(store, id, "apod", asking->bad[i].words, 1);
    }
    days_text(asking->filled, date);
    snprintf(filled, sizeof filled, "%s %d", date, asking->pictures);
    return rc < 0 ? rc : store_note_filled(store, filled);
}

/* Today's picture may be still to come. */
static void forgive_today(asking *asking)
{
    const bad_day *last;

    if (!asking->question->until_today || asking->bad_count == 0)
        return;
    last = &asking->bad[asking->bad_count - 1];
    if (last->day != days_of(asking->question->end_date))
        return;
    console_message(asking->run->console,
                    "the service has nothing for today yet: %s", last->words);
    asking->bad_count--;
    asking->filled = last->day - 1;
}

static int ask_piece(asking *asking, int32_t from, int32_t to)
{
    int rc;

    asking->bad_count = 0;
    rc = ask_range(asking, from, to);
    if (rc < 0)
        return rc;
    asking->filled = to;
    forgive_today(asking);
    if (books_change(&asking->run->books, note_piece, asking) < 0)
        return run_fail_books(asking->run);
    return 0;
}

typedef struct filled_until {
    int32_t day; /* 0: nothing is */
    int pictures;
} filled_until;

static int read_filled(store *store, void *arg)
{
    filled_until *until = arg;
    char date[DAYS_TEXT_SIZE];
    int pictures;
    store_run row;
    int rc = store_read_run(store, &row);

    if (rc == 0 && row.filled != NULL &&
        sscanf(row.filled, "%10[0-9-] %d", date, &pictures) == 2 &&
        strlen(date) == DAYS_TEXT_SIZE - 1)
        *until = (filled_until){ days_of(date), pictures };
    return rc;
}

static int ask_pieces(asking *asking)
{
    const apod_question *question = asking->question;
    int32_t from = days_of(question->start_date);
    int32_t to = days_of(question->end_date);
    filled_until until = { 0 };
    int rc = 0;

    if (books_call(&asking->run->books, read_filled, &until) < 0)
        return run_fail_books(asking->run);
    if (until.day >= from)
        from = until.day + 1;
    asking->pictures = until.pictures;
    asking->announced = to - from >= PIECE_DAYS ? to - from + 1 : 0;
    for (; from <= to && rc == 0; from += PIECE_DAYS)
        rc = ask_piece(asking, from,
                       to - from < PIECE_DAYS ? to : from + PIECE_DAYS - 1);
    return rc;
}

int apod_fill(run *run, const apod_question *question)
{
    asking *asking = calloc(1, sizeof *asking);
    int rc;

    if (asking == NULL)
        return -ENOMEM;
    asking->run = run;
    asking->question = question;
    rc = question->start_date != NULL ? ask_pieces(asking) : ask_once(asking);
    free(asking);
    return rc;
}
