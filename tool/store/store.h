/* store.h: the run folder and what is known about every item in it.
 *
 *     rc = store_open("starling-run", &identity, &options, &store, &error);
 *     store_plan(store, &(store_new_item){ .url = url }, &id, &state);
 *     ...
 *     files_write(store_folder(store, STORE_ORIGINALS), ...);
 *     store_mark_fetched(store, id, &fetched);
 *     store_commit(store);                      every 200 ms or so
 *     ...
 *     store_finish(store, elapsed_s);
 *     store_close(store);
 *
 * An item has one row and one state, and a state is stored after what it claims
 * is on disk. Changes gather in a batch; store_commit() makes them last. After
 * a kill the folder is as at the last commit, plus files that no row speaks of:
 * store_open() removes those and plans again what lost a file.
 *
 * A store belongs to one thread at a time; everything here blocks. Functions
 * return 0 (or a count) or a negative errno; store_failure() then has the words
 * and the exit status. Once a batch could not be written (-ENOSPC, -EIO ...)
 * every later change returns that error.
 */
#ifndef TOOL_STORE_STORE_H
#define TOOL_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/files.h"
#include "text/text.h"

typedef struct store store;

enum store_state {
    STORE_PLANNED, /* nothing of it is here */
    STORE_FETCHED, /* the original is on disk */
    STORE_DONE,
    STORE_FAILED,
    STORE_SKIPPED,
    STORE_STATES
};

/* Bits for a choice of states. */
#define STORE_IN(state) (1u << (state))
#define STORE_ANY ((1u << STORE_STATES) - 1)

enum store_folder {
    STORE_RUN,       /* RUN itself: report.html and its like */
    STORE_ORIGINALS, /* space_images, images */
    STORE_PROCESSED, /* processed_images */
    STORE_SHARDS,    /* shards; -1 unless store_open_shards() or of old */
    STORE_FOLDERS
};

enum { STORE_PREVIEW_MAX = 64 << 10 }; /* bytes of a preview that is kept */

/* What makes two runs the same run; texts without secrets. */
typedef struct store_identity {
    const char *command;    /* "stars" */
    const char *operations; /* "stars", "stars,thumbs": in a fixed order */
    const char *options;    /* what changes results, one name=value a line */
    const char *version;    /* of the tool; may differ between sessions */
} store_identity;

typedef struct store_options {
    bool fresh; /* clear our own folder first */
    enum files_sync sync;
    const char *originals;    /* folder name; NULL: "images" */
    const char *processed;    /* NULL: "processed_images" */
    const char *command_line; /* as typed; kept for the report */
    const char *name; /* what items are called, see template.h; NULL: after
                         their URL or path. Lent until store_close() */
    /* Masked in every text that is stored; lent until store_close(), or NULL.
     */
    const text_secrets *secrets;
} store_options;

/* Why something failed: one line without a newline, and the exit status that
 * belongs to it (2, 3, 4, 5 or 75). */
typedef struct store_error {
    int status;
    char text[768];
} store_error;

/* Open the run in a folder, or begin one (parents are created too).
 * Refused, each with its words: a folder that another run holds (status 4), a
 * run of other operations or options (2), files there that are not ours, with
 * `fresh` a folder that is not a run, a newer or damaged database (3).
 * store_close() releases *out. */
int store_open(const char *run_dir, const store_identity *wanted,
               const store_options *options, store **out, store_error *error);

/* Open an existing run to read it, also while another process works on it.
 * Nothing is swept or planned again, no lock is taken, changes fail. */
int store_view(const char *run_dir, store **out, store_error *error);

/* The process that works on a run that is viewed: its id; -1 if that is not
 * known, 0 if nobody does. */
long store_holder(const store *store);

/* As store_open(), but in memory: what would be planned can be tried out, and
 * nothing on disk is made, locked or changed. Refuses what store_open() does,
 * but not that another run holds the folder. There are no folders to write
 * into: store_folder() is -1 for all but those that exist. */
int store_rehearse(const char *run_dir, const store_identity *wanted,
                   const store_options *options, store **out,
                   store_error *error);

/* Open an existing run to go on with it as it was made (`retry`). */
int store_reopen(const char *run_dir, const store_options *options, store **out,
                 store_error *error);

/* Close. What was not committed is forgotten. NULL is harmless. */
void store_close(store *store);

/* Remove a run in which nothing has happened, and its folder if that is empty
 * then, and close it. What cannot be removed stays. */
void store_discard(store *store);

/* The last failure of this store; lent until the next call. */
const store_error *store_failure(const store *store);

/* The folder's descriptor, for files_write() and its like; lent until
 * store_close(). Any thread may use the descriptor. */
int store_folder(const store *store, enum store_folder folder);

/* How far store_open() had to clean up; for one line to the user. */
typedef struct store_recovery {
    int64_t unfinished; /* files without a final name, removed */
    int64_t orphans;    /* files that no row spoke of, removed */
    int64_t planned;    /* items whose files were gone or changed */
} store_recovery;

const store_recovery *store_recovered(const store *store);

typedef struct store_new_item {
    const char *url;  /* or the path of a local file, as it was named */
    const char *path; /* of that file from the root, which is what it is known
                         by; NULL: it is known by `url` */
    const char *stem; /* "space_0"; NULL: from the URL or path */
    const char *title, *date; /* these may be NULL */
    const char *checksum;     /* its bytes must have, see checksum.h */
    const char *extra;        /* further fields, a JSON object */
} store_new_item;

/* Add an item behind the others, planned. The same URL or path again is the
 * same item: returns 1 and its id and state; 0 for a new one. What is secret in
 * the URL is not stored; store_item.address has it for as long as this store is
 * open. */
int store_plan(store *store, const store_new_item *item, int64_t *id,
               enum store_state *state);

/* A file that is written: name in its folder, and its stamp. */
typedef struct store_file {
    enum store_folder folder;
    const char *role; /* "original", "marked", "thumb-64" */
    const char *name;
    files_stamp stamp;
} store_file;

/* What is known of an item once its original is here. */
typedef struct store_fetched {
    const char *name; /* it is called so from now on; NULL: as before */
    const store_file *original;       /* NULL: it is not in the run folder */
    const files_stamp *stamp;         /* of its bytes */
    const char *etag, *last_modified; /* what its server calls this version of
                                         it; NULL: nothing */
    int attempts;
} store_fetched;

/* planned -> fetched. */
int store_mark_fetched(store *store, int64_t id, const store_fetched *fetched);

/* Whether an item's name contains its bytes' hash ({hash} in the template). Any
 * thread. */
bool store_names_by_content(const store *store);

/* Then, before store_mark_fetched(): call the item after the bytes that it has
 * turned out to have. Its new stem is copied to `stem`. */
int store_note_content(store *store, int64_t id, const files_stamp *stamp,
                       char *stem, size_t stem_size);

/* An item that is done and whose original may have the same bytes: size and
 * hash are equal. Its files are at the same time what a twin may link to. */
enum { STORE_TWIN_FILES = 24, STORE_NAME_SIZE = 256 };
typedef struct store_twin {
    int64_t id;
    int file_count; /* the original is the first */
    struct store_twin_file {
        enum store_folder folder;
        char name[STORE_NAME_SIZE];  /* of the twin's */
        char other[STORE_NAME_SIZE]; /* what it is called for the item */
    } files[STORE_TWIN_FILES];
} store_twin;

/* Look for one. Returns 1 with *out, or 0. */
int store_find_twin(store *store, int64_t id, const files_stamp *stamp,
                    store_twin *out);

/* A further file of an item that is done, such as one that describes it. */
int store_add_file(store *store, int64_t id, const store_file *file);

/* planned -> done, with what is known of the twin. All of its files are there
 * under the item's names. */
int store_mark_duplicate(store *store, int64_t id, const store_twin *twin,
                         int attempts);

typedef struct store_star {
    double x, y;
    float flux, peak, fwhm, a, b, theta, snr;
    uint32_t flags;
    double ra, dec; /* degrees; NaN: not known */
} store_star;

/* What a picture with stars is like. */
typedef struct store_sky {
    const char *no_star_field;    /* why; "": it is one; NULL: not known */
    double background, noise;     /* grey levels */
    double star_width, snr_limit; /* pixels; 0: not known */
    const char *no_ra_dec; /* why; "": stars have places; NULL: not known */
} store_sky;

/* Numbers below 0 are not known. */
typedef struct store_result {
    int64_t width, height;
    int64_t star_count, true_stars;
    const store_star *stars; /* star_count of them, brightest first */
    store_sky sky;
    const store_file *files;
    size_t file_count;
    const void *preview; /* small JPEG; over STORE_PREVIEW_MAX: left out */
    size_t preview_size;
    const store_fetched *fetched; /* planned -> done, in one step, without stars
                                     and files; or NULL */
} store_result;

/* planned or fetched -> done. -EINVAL when a number is not finite. */
int store_mark_done(store *store, int64_t id, const store_result *result);

/* planned or fetched -> failed or skipped. `class_name` is a fixed word
 * ("truncated"), `reason` one line. A failed item's original is removed. */
int store_mark_failed(store *store, int64_t id, const char *class_name,
                      const char *reason, int attempts);
int store_mark_skipped(store *store, int64_t id, const char *reason);

/* Before one of these: the bytes of an item that is planned did arrive, and
 * what is wrong is something else. store_mark_fetched() says so anyway. */
int store_note_bytes(store *store, int64_t id, const files_stamp *stamp);

/* failed or skipped -> planned, for a retry; class_name NULL: every class but
 * bad-line, of which there is nothing to fetch. Returns how many. */
int store_plan_again(store *store, unsigned states, const char *class_name);

/* Sync files by policy, then make all changes since the last commit last. */
int store_commit(store *store);

/* Make sure that the item's row would survive a kill: a file may only get the
 * name of an item that does, or nobody would know whose it is. Commits if
 * nobody has since it was planned. */
int store_keep_item(store *store, int64_t id);

/* Up to where the inputs of the run are in the books, in the caller's words;
 * for the session that goes on. */
int store_note_filled(store *store, const char *filled);

/* Demo: how many items are meant to fail. */
int store_expect_failures(store *store, int64_t count);

/* The session is over: note the time, commit. Whole seconds of all sessions
 * add up in store_run.elapsed_s. */
int store_finish(store *store, double elapsed_s);

/* An item as it stands. Unknown numbers are -1, unknown texts NULL. Texts are
 * valid UTF-8 on one line, without secrets; for HTML and CSV still raw. */
typedef struct store_item {
    int64_t id; /* also the order of planning */
    enum store_state state;
    const char *name; /* file name where one is known, else the stem */
    const char *stem;
    const char *url;
    /* Where to get it: the URL as it was planned, the path from the root. NULL
     * when something of it is hidden, and it was planned in an earlier session.
     */
    const char *address;
    const char *host; /* "example.com:8080"; NULL: a file on this machine */
    const char *title, *date, *class_name, *reason;
    const char *checksum, *extra; /* as planned */
    const char *duplicate_of;     /* name of the item with the same bytes */
    const char *xxh64;            /* of the original, as `xxh64sum` has it */
    int64_t bytes;                /* of the original */
    const char *shard;            /* file name of the archive it is in */
    const char *etag, *last_modified; /* of the original */
    int64_t attempts, width, height, stars, true_stars;
    store_sky sky;
    const char *original, *marked, *edges; /* file names, in their folders */
    int64_t thumbs;                        /* files of thumbnails */
    const void *preview;
    size_t preview_size;
} store_item;

/* The first item with an id above `after` (0: from the start) in one of
 * `states`, a set of STORE_IN() bits, in the order of planning. Returns 1, or 0
 * at the end. Its texts are lent until the next change, store_next_item() or
 * store_read_run(). */
int store_next_item(store *store, int64_t after, unsigned states,
                    store_item *out);

/* 1 if items wait whose address is not known in this session: they get it when
 * they are planned again. */
int store_has_hidden(store *store);

/* A server asks now to be left alone for so many seconds. */
int store_note_peace(store *store, const char *host, int64_t length_s);
/* Those that asked, also in earlier sessions, and what is left of it. */
int store_each_peace(store *store,
                     void (*take)(void *arg, const char *host, int64_t left_s),
                     void *arg);

/* done -> planned: the original has another version now, and what was made of
 * the old one is removed. */
int store_renew(store *store, int64_t id);

/* Names of hosts in the order of strcmp(). */
typedef struct store_hosts {
    const char *const *names;
    size_t count;
    /* An item of the host at this place was passed over. */
    void (*on_pass)(void *arg, size_t place);
    void *arg;
} store_hosts;

/* As store_next_item(), passing over what is of these hosts. *after is the id
 * of the item found, or of the last one that was passed over. */
int store_next_elsewhere(store *store, int64_t *after, unsigned states,
                         const store_hosts *hosts, store_item *out);

/* The first item of a host with an id above `after` and not above `upto`. */
int store_next_of_host(store *store, const char *host, int64_t after,
                       int64_t upto, unsigned states, store_item *out);

/* Call `take` with each star of an item, brightest first, until it returns
 * non-zero; returns that. */
int store_each_star(store *store, int64_t id,
                    int (*take)(void *context, const store_star *star),
                    void *context);

/* Call `take` with each file of an item, small thumbnails first, until it
 * returns non-zero; returns that. The stamp's hash is not read; texts are lent
 * for the call. */
int store_each_file(store *store, int64_t id,
                    int (*take)(void *context, const store_file *file),
                    void *context);

typedef struct store_counts {
    int64_t planned; /* all items: the sum of the states */
    int64_t in[STORE_STATES];
    int64_t stars;
} store_counts;

int store_count(store *store, store_counts *out);

/* Archives. Items that are done can be moved, files and all, from the folders
 * into a shard; then they have no files of their own any more.
 *
 * store_open_shards() makes the folder. store_next_loose() is as
 * store_next_item(), for items that are done and in no shard, and
 * store_count_loose() counts those.
 * store_shard_number() is that of the next. store_note_shard() notes one that
 * is on disk under its final name; after the commit the loose files may go. */
int store_open_shards(store *store);
int store_next_loose(store *store, int64_t after, store_item *out);
int store_count_loose(store *store, int64_t *out);
int64_t store_shard_number(store *store);
int store_note_shard(store *store, const char *name, const files_stamp *stamp,
                     const int64_t *ids, size_t count);

/* A class of failures, and how many have it. */
typedef struct store_class {
    char name[64];
    int64_t count;
    char reason[256]; /* of one of them */
} store_class;

/* The classes that there are, the most frequent first, `max` at most. Returns
 * how many were stored, or an error. */
int store_count_classes(store *store, store_class out[], int max);

/* 1 if there are any, which takes less than counting them. */
int store_has_items(store *store);

/* 1 if some stars have ra and dec. */
int store_has_places(store *store);

/* The run's own row; its texts are lent like an item's. */
typedef struct store_run {
    const char *command, *operations, *options, *version, *command_line;
    const char *originals, *processed;    /* folder names */
    const char *started_at, *finished_at; /* UTC, ISO 8601; NULL: unfinished */
    const char *filled;                   /* see store_note_filled(); or NULL */
    double elapsed_s;
    int64_t expected_failures;
} store_run;

int store_read_run(store *store, store_run *out);

/* Do the books balance: as many items as the caller planned (-1: not asked),
 * each in one state, done ones with their rows, others without. 0 or -EPROTO,
 * with the difference in store_failure() and status 5. */
int store_check(store *store, int64_t planned);

/* "planned", "fetched" ... as in the database. NULL if out of range. */
const char *store_state_name(enum store_state state);

#endif
