/* Inputs are read on a thread of their own, which may block in a folder or a
 * pipe. It hands them on in batches: when one is full, and when the list has
 * no more to say for now. Only two batches wait, so a list of millions takes
 * the memory of a few hundred lines, and a reader that is faster than the books
 * waits for them.
 */
#include "run/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/thread_channel.h>

#include "run/fill.h"
#include "source/absolute.h"
#include "source/inputs.h"
#include "source/lists.h"
#include "store/checksum.h"
#include "store/files.h"
#include "text/text.h"

enum {
    BATCH_INPUTS = 256,
    BATCH_BYTES = 256 << 10,
    BATCHES_WAITING = 2,
    SLICE_INPUTS = 64, /* planned in one go: 2 ms of the store's time */
    WORK_ENOUGH = 1000 /* items in reserve: the workers will not run dry */
};

/* Texts are places in `text`; 0: there is none. */
typedef struct entry {
    uint32_t where, path, title, date, checksum, extra, class_name, problem;
} entry;

typedef struct batch {
    entry entries[BATCH_INPUTS];
    int count;
    bool has_url;
    char *text;
    size_t used, room;
} batch;

typedef struct feed {
    run *run;
    sl_thread_channel *batches;
    int wake; /* an eventfd: the reader is to end */
    inputs_options inputs;
    /* the reader's */
    batch *gathered;
    absolute memo;
    bool has_sent;
    bool has_missing, has_other; /* of what was named */
    bool has_taken;              /* something of the input that is read */
    const char *barren;          /* the first input that led to no picture */
    int barren_count;
    const char *unreadable; /* the list that could not be read */
    char why[LISTS_WHY_MAX];
} feed;

/* Reading: on the thread. */

static void batch_free(batch *batch)
{
    if (batch != NULL)
        free(batch->text);
    free(batch);
}

static void drop_batch(void *element)
{
    batch_free(*(batch **)element);
}

static int send(feed *feed)
{
    batch *batch = feed->gathered;
    int rc;

    if (batch == NULL)
        return 0;
    feed->gathered = NULL;
    rc = sl_thread_channel_send(feed->batches, &batch);
    if (rc < 0)
        batch_free(batch);
    feed->has_sent = true;
    return rc < 0 ? -ECANCELED : 0; /* only closed when all is to end */
}

/* Whoever waits for a list may as well work on what it has said. */
static void send_what_there_is(void *context)
{
    /* The next batch meets the same failure. */
    if (send(context) < 0)
        return;
}

static int make_room(batch *batch, size_t n)
{
    size_t room = batch->room > 0 ? batch->room : 16 << 10;
    char *text;

    while (room < batch->used + n)
        room *= 2;
    if (room == batch->room)
        return 0;
    text = realloc(batch->text, room);
    if (text == NULL)
        return -ENOMEM;
    batch->text = text;
    batch->room = room;
    return 0;
}

static int keep_text(batch *batch, const char *text, uint32_t *place)
{
    size_t n = text != NULL ? strlen(text) + 1 : 0;
    int rc = make_room(batch, n + 1);

    *place = 0;
    if (rc < 0 || n == 0)
        return rc;
    if (batch->used == 0)
        batch->used = 1; /* place 0 means none */
    *place = (uint32_t)batch->used;
    memcpy(batch->text + batch->used, text, n);
    batch->used += n;
    return 0;
}

/* A line that cannot be read, and which has a class, is no file. */
static const char *path_of(absolute *memo, const input *input)
{
    return input->is_url || input->class_name != NULL
               ? NULL
               : absolute_path(memo, input->where);
}

static int keep_input(batch *batch, const input *input, const char *path)
{
    const char *class_name = input->class_name ? input->class_name : "no-file";
    entry *entry = &batch->entries[batch->count];
    int rc = keep_text(batch, input->where, &entry->where);

    if (rc == 0)
        rc = keep_text(batch, path, &entry->path);
    if (rc == 0)
        rc = keep_text(batch, input->title, &entry->title);
    if (rc == 0)
        rc = keep_text(batch, input->date, &entry->date);
    if (rc == 0)
        rc = keep_text(batch, input->checksum, &entry->checksum);
    if (rc == 0)
        rc = keep_text(batch, input->extra, &entry->extra);
    if (rc == 0)
        rc = keep_text(batch, input->problem, &entry->problem);
    if (rc == 0)
        rc = keep_text(batch, class_name, &entry->class_name);
    batch->count += rc == 0;
    batch->has_url |= input->is_url;
    return rc;
}

static int take_input(void *context, const input *input)
{
    feed *feed = context;
    int rc;

    if (feed->run->draining)
        return -ECANCELED;
    feed->has_taken = true;
    feed->has_missing |= input->is_missing;
    feed->has_other |= !input->is_missing;
    if (feed->gathered == NULL)
        feed->gathered = calloc(1, sizeof *feed->gathered);
    if (feed->gathered == NULL)
        return -ENOMEM;
    rc = keep_input(feed->gathered, input, path_of(&feed->memo, input));
    if (rc < 0)
        return rc;
    return feed->gathered->count == BATCH_INPUTS ||
                   feed->gathered->used >= BATCH_BYTES
               ? send(feed)
               : 0;
}

static int read_list(feed *feed, const char *path)
{
    const struct options *options = feed->run->options;
    lists_options how = { .kind = (enum lists_kind)options->list_format,
                          .url_column = options->url_column,
                          .title_column = options->title_column,
                          .checksum_column = options->checksum_column,
                          .wake = feed->wake,
                          .idle = send_what_there_is };

    if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO))
        console_message(feed->run->console,
                        "reading the list from the terminal, one input a "
                        "line; Ctrl-D ends it");
    feed->unreadable = path;
    return lists_read(path, &how, take_input, feed, feed->why);
}

static int read_input(feed *feed, const char *where)
{
    int rc;

    feed->unreadable = where;
    feed->has_taken = false;
    rc = strcmp(where, "-") == 0
             ? read_list(feed, where)
             : inputs_expand(where, &feed->inputs, take_input, feed);
    if (rc == 0 && !feed->has_taken && feed->barren_count++ == 0)
        feed->barren = where;
    return rc;
}

static int read_all(feed *feed)
{
    const struct options *options = feed->run->options;
    int rc = 0;

    if (options->urls != NULL)
        rc = read_list(feed, options->urls);
    for (int i = 0; i < options->input_count && rc == 0; i++)
        rc = read_input(feed, options->inputs[i]);
    return rc;
}

/* What nobody's file fits is told, and no item of a run. */
static bool has_only_missing(const feed *feed)
{
    return feed->has_missing && !feed->has_other && !feed->has_sent;
}

static int read_inputs(void *arg)
{
    feed *feed = arg;
    int rc = read_all(feed), sent = 0;

    if (rc == 0 && has_only_missing(feed))
        rc = -ENOENT;
    /* What stands before the nonsense is only worked on if work has begun. */
    if (rc == 0 || (rc != -ECANCELED && feed->has_sent))
        sent = send(feed);
    batch_free(feed->gathered);
    feed->gathered = NULL;
    absolute_fini(&feed->memo);
    return rc < 0 ? rc : sent;
}

/* Planning: on the store's thread, and the task that waits for it. */

typedef struct planning {
    const batch *batch;
    int from, to; /* entries */
    int64_t to_work;
} planning;

static const char *text_at(const batch *batch, uint32_t place)
{
    return place != 0 ? batch->text + place : NULL;
}

static int plan_entry(store *store, const batch *batch, const entry *entry)
{
    char checksum[CHECKSUM_MAX];
    const char *written = text_at(batch, entry->checksum);
    const char *class_name = text_at(batch, entry->class_name);
    const char *problem = text_at(batch, entry->problem);
    store_new_item item = { .url = text_at(batch, entry->where),
                            .path = text_at(batch, entry->path),
                            .title = text_at(batch, entry->title),
                            .date = text_at(batch, entry->date),
                            .extra = text_at(batch, entry->extra) };
    enum store_state state;
    int64_t id;
    int rc;

    if (written != NULL) {
        item.checksum = checksum;
        if (checksum_normalise(written, checksum) < 0) {
            /* Kept, so that a retry does not go without. */
            text_clean(written, NULL, TEXT_UTF8, checksum, sizeof checksum);
            if (problem == NULL) {
                class_name = "checksum";
                problem = "what the list expects is no md5, sha1, sha256 or "
                          "sha512";
            }
        }
    }
    rc = store_plan(store, &item, &id, &state);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    if (problem == NULL)
        return 1;
    return store_mark_failed(store, id, class_name, problem, 0);
}

static int plan_batch(store *store, void *arg)
{
    planning *planning = arg;
    int rc = 0;

    for (int i = planning->from; i < planning->to && rc >= 0; i++) {
        rc = plan_entry(store, planning->batch, &planning->batch->entries[i]);
        planning->to_work += rc > 0;
    }
    return rc < 0 ? rc : 0;
}

/* Items at work need the store's thread, too. With enough in reserve, planning
 * leaves it to them for as long as it had it. */
static int give_way(const run *run, sl_time took)
{
    return run->to_fetch - run->fetched < WORK_ENOUGH ? 0 : sl_sleep(took);
}

static int plan_in_slices(run *run, const batch *batch)
{
    int rc = 0;

    if (batch->has_url)
        run_expect_downloads(run);
    for (int from = 0; from < batch->count && rc == 0; from += SLICE_INPUTS) {
        int left = batch->count - from;
        planning slice = { .batch = batch,
                           .from = from,
                           .to = from +
                                 (left < SLICE_INPUTS ? left : SLICE_INPUTS) };
        sl_time begin = sl_now();

        if (books_change(&run->books, plan_batch, &slice) < 0)
            return run_fail_books(run);
        fill_count(run, slice.to_work);
        rc = give_way(run, sl_now() - begin);
    }
    return rc;
}

static int plan_batches(feed *feed)
{
    batch *batch;
    int rc;

    while ((rc = sl_thread_channel_recv(feed->batches, &batch)) == 0) {
        rc = plan_in_slices(feed->run, batch);
        batch_free(batch);
        if (rc < 0)
            return rc;
    }
    return rc == SL_ECLOSED ? 0 : rc;
}

static int read_and_close(void *arg)
{
    feed *feed = arg;
    sl_crew *thread = sl_crew_new(1, "inputs");
    int rc = -ENOMEM, closed;

    if (thread != NULL)
        rc = sl_crew_call(thread, read_inputs, feed);
    closed = sl_thread_channel_close(feed->batches);
    if (thread != NULL)
        sl_crew_free(thread);
    return rc < 0 ? rc : closed;
}

struct reading {
    feed *feed;
    int result;
};

static int read_beside(void *arg)
{
    struct reading *reading = arg;

    reading->result = read_and_close(reading->feed);
    return 0; /* told by whoever started it */
}

/* The reader may sit in a pipe that says nothing: wake it. */
static void stop_reading(feed *feed)
{
    if (eventfd_write(feed->wake, 1) < 0 ||
        sl_thread_channel_close(feed->batches) < 0)
        return; /* cannot fail: the counter is 0, and nobody waits but we */
}

static int read_and_plan(feed *feed)
{
    struct reading reading = { .feed = feed };
    sl_group group;
    int rc, closed;

    sl_group_open(&group);
    sl_task_set_name(sl_group_spawn(&group, read_beside, &reading),
                     "read the inputs");
    rc = plan_batches(feed);
    if (rc < 0)
        stop_reading(feed);
    closed = sl_group_close(&group);
    return rc < 0 ? rc : reading.result < 0 ? reading.result : closed;
}

/* All three folders: the run's own may be one that was named. */
static void leave_out_run(feed *feed)
{
    inputs_options *options = &feed->inputs;
    struct stat info;

    for (int i = 0; i < STORE_FOLDERS; i++)
        if (fstat(store_folder(feed->run->books.store, (enum store_folder)i),
                  &info) == 0)
            options->skip[options->skip_count++] =
                (struct inputs_skip){ info.st_dev, info.st_ino };
}

_Static_assert((int)STORE_FOLDERS <= (int)INPUTS_SKIP_MAX,
               "each folder of a run can be left out");

/* Only folders and patterns need one, and they can do without. */
static int open_spool(const run *run)
{
    int fd = run->options->input_count > 0
                 ? files_scratch(store_folder(run->books.store, STORE_RUN))
                 : 0;

    return fd > 0 ? fd : 0;
}

/* Names without a pattern have been looked at before anything was made. */
static int tell_missing(run *run)
{
    const char *first = run->options->inputs[0];

    if (run->options->input_count == 1)
        run_complain(run, STATUS_USAGE, "no file fits the pattern %s", first);
    else
        run_complain(run, STATUS_USAGE,
                     "%s and all other inputs: there is no such file", first);
    return -ENOENT;
}

static const char *source_name(const feed *feed)
{
    const char *name = feed->unreadable;

    return name == NULL             ? "the input"
           : strcmp(name, "-") == 0 ? "the list on the standard input"
                                    : name;
}

/* Where there is other work, this does not keep anybody from it. */
static void tell_barren(const feed *feed)
{
    console *console = feed->run->console;

    if (feed->barren_count == 1)
        console_message(console, "there are no pictures in %s", feed->barren);
    else if (feed->barren_count > 1)
        console_message(console,
                        "there are no pictures in %d of the inputs; the first "
                        "of them is %s",
                        feed->barren_count, feed->barren);
}

static int tell(feed *feed, int rc)
{
    run *run = feed->run;

    if (rc == SL_ECANCELED)
        return 0; /* Ctrl-C while reading: what was read is in the books */
    if (rc == -ENOENT && run->status == 0 && has_only_missing(feed))
        return tell_missing(run);
    if (rc < 0 && run->status == 0)
        run_complain(run, rc == -ENOMEM ? STATUS_INTERNAL : STATUS_USAGE,
                     "cannot read the list %s: %s", feed->unreadable,
                     rc == -EBADMSG ? feed->why : sl_strerror(rc));
    if (rc == 0)
        rc = run_has_items(run);
    if (rc == 0) {
        run_complain(run, STATUS_USAGE, "there are no pictures in %s",
                     source_name(feed));
        rc = -ENOENT;
    } else if (rc > 0) {
        tell_barren(feed);
    }
    return rc < 0 ? rc : 0;
}

int feed_fill(run *run, void *context)
{
    sl_thread_channel_options how = { .size = sizeof(batch *),
                                      .capacity = BATCHES_WAITING,
                                      .drop = drop_batch };
    feed feed = { .run = run };
    int rc = -ENOMEM;

    (void)context;
    feed.wake = eventfd(0, EFD_CLOEXEC);
    feed.inputs.spool = open_spool(run);
    feed.batches = sl_thread_channel_new_with(&how);
    leave_out_run(&feed);
    if (feed.wake >= 0 && feed.batches != NULL)
        rc = read_and_plan(&feed);
    if (feed.batches != NULL)
        sl_thread_channel_drop(feed.batches);
    if (feed.wake >= 0)
        close(feed.wake);
    if (feed.inputs.spool > 0)
        close(feed.inputs.spool);
    return tell(&feed, rc);
}
