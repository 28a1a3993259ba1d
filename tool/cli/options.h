/* options.h: what the user asked for, and where it was said.
 *
 * One table describes every option. From it the command line, the environment
 * and the config file are read, and --help and the man page are written, so
 * that they cannot disagree. A setting remembers where it came from; flag
 * beats environment beats config file beats default, in whatever order they
 * are read.
 */
#ifndef TOOL_CLI_OPTIONS_H
#define TOOL_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/clock.h>

/* Two keys that are nobody's: one that the service lends to everybody, and
 * what the example configuration has in place of one. */
#define API_KEY_DEMO "DEMO_KEY"
#define API_KEY_PLACEHOLDER "YOUR_NASA_API_KEY_HERE"

enum command {
    COMMAND_NONE, /* only --help or --version */
    COMMAND_DEMO,
    COMMAND_APOD,
    COMMAND_STARS,
    COMMAND_THUMBS,
    COMMAND_EDGES,
    COMMAND_RUN,
    COMMAND_REPORT,
    COMMAND_STATUS,
    COMMAND_RETRY,
    COMMAND_COMPARE,
    COMMAND_DOCTOR,
    COMMAND_SERVE,
    COMMAND_CONFIG,
    COMMAND_COMPLETION,
    COMMANDS
};

/* The values that an option with choices takes, in the table's order. */
enum executor_choice { EXECUTOR_PROCESS, EXECUTOR_THREAD, EXECUTOR_INLINE };
enum { FORMAT_TAR = 4 }; /* of --format: no format of a picture */
enum output_choice { OUTPUT_FILES, OUTPUT_TAR };
enum sync_choice { SYNC_BATCH, SYNC_ITEM, SYNC_OFF };

enum setting_origin {
    ORIGIN_DEFAULT,
    ORIGIN_CONFIG,
    ORIGIN_ENVIRONMENT,
    ORIGIN_FLAG,
};

enum {
    OPTIONS_MAX = 96,
    OPTIONS_ERROR_MAX = 512,
    BOXES_MAX = 16,
    AREAS_MAX = 16,
    HEADERS_MAX = 16
};

/* Sizes of pictures; height 0: whatever follows from the width. */
struct box_list {
    int count;
    struct {
        int width, height;
    } boxes[BOXES_MAX];
};

/* Parts of a picture; x, y: of the first pixel, counted from 0. */
struct area_list {
    int count;
    struct {
        int x, y, width, height;
    } areas[AREAS_MAX];
};

/* Lines to send with every request, NULL behind the last. */
struct header_list {
    int count;
    const char *lines[HEADERS_MAX + 1];
};

/* Texts point into argv or belong to the struct; one that was not given and
 * has no default is NULL. Numbers whose default depends on the machine or on
 * the command (per_host, workers, memory) are 0 if not given. */
struct options {
    enum command command;
    bool help, version;

    int64_t count; /* of pictures to ask for */
    const char *date, *start_date, *end_date;
    const char *api_key;
    const char *base_url;
    bool offline, video_thumbs;

    const char *out;
    const char *images_dir, *processed_dir; /* NULL: the command's own */
    const char *urls;
    int list_format; /* enum lists_kind, in its order */
    const char *url_column, *title_column, *checksum_column;
    const char *class_name;
    const char *name; /* template of the pictures' names */
    bool keep_duplicates;
    int output; /* enum output_choice */
    bool metadata;
    int64_t shard_items;
    bool fresh, resume, refresh, dry_run;

    int detector;      /* enum job_detector, in its order */
    double threshold;  /* sigma; 0: the detector's own */
    double star_width; /* pixels; 0: what the picture tells */
    int64_t min_area, hdu, plane;
    bool keep_galaxies;
    struct area_list region, mask; /* of one, of several */
    int marks;                     /* enum job_marks, in its order */
    int operations;                /* of `run` and `compare`: a bit a choice */
    struct box_list widths, sizes; /* of thumbnails: one of them counts */
    int fit;                       /* enum job_fit, in its order */
    bool no_upscale;
    int format; /* of thumbnails and edges, in the table's order */
    int64_t quality, edge_threshold;

    int64_t downloads, per_host, retries;
    int64_t workers, workers_from; /* "2", or "1..4": from 1 to 4 */
    int executor;                  /* enum executor_choice */
    sl_time timeout, delay, patience;
    sl_time connect_timeout, first_byte_timeout, stall_timeout;
    int64_t max_bytes, max_pixels, memory;
    bool require_sandbox;
    int sync; /* enum sync_choice */

    sl_time latency; /* of compare, as are the next three */
    int64_t rounds, seed;
    const char *page;

    const char *proxy;
    bool allow_private;
    const char *allow_address;
    const char *user_agent;
    struct header_list headers;
    const char *ca_file, *client_cert, *client_key, *netrc;
    bool insecure, http2, ignore_robots;

    const char *config;
    const char *trace, *log;
    const char *listen; /* NULL: loopback */
    int64_t port;       /* 0: a free one */
    int64_t bandwidth;  /* bytes a second; 0: no limit */
    bool json, quiet;
    int progress; /* enum progress_mode */

    const char **inputs; /* what is not an option */
    int input_count;
    enum command config_for; /* `config show COMMAND` */
    char *config_read;       /* the file that was; NULL: none */

    /* private, by place in the table */
    enum setting_origin origins[OPTIONS_MAX];
    char *places[OPTIONS_MAX]; /* "FILE:LINE" if from a config file */
    char *owned[OPTIONS_MAX];  /* texts that are not argv's */
    const char *typed[OPTIONS_MAX];
};

/* What is wrong, in one line for the user. */
typedef struct options_error {
    char text[OPTIONS_ERROR_MAX];
} options_error;

/* Set every option to its default, then read the command line. `argv` is lent
 * until options_fini(), which is due in every case. Returns 0, or -EINVAL or
 * -ENOMEM with *error filled. */
int options_parse(int argc, char **argv, struct options *options,
                  options_error *error);
void options_fini(struct options *options);

/* Set one option by name from elsewhere than the command line; `place` tells
 * where: "FILE:LINE", or the variable's name. Names are those of the flags,
 * with _ or -. What a stronger origin has set keeps its value, but `value`
 * must be right all the same. Name, value and place are copied. Returns 0,
 * -EINVAL or -ENOMEM with *error filled. */
int options_set(struct options *options, const char *name, const char *value,
                enum setting_origin origin, const char *place,
                options_error *error);

/* After all sources: what no single value shows to be wrong. The placeholder
 * key, dates that exclude each other, inputs where none belong. */
int options_check(const struct options *options, options_error *error);

/* Where the option `name` got its value; for messages and reports. The place
 * is "FILE:LINE" or a variable's name, NULL for flags and defaults. */
enum setting_origin options_origin(const struct options *options,
                                   const char *name);
const char *options_place(const struct options *options, const char *name);

/* Its value as it was written, or as the table has it; NULL: it has none. */
const char *options_text(const struct options *options, const char *name);

/* --output tar, or --format tar, as others call it. */
bool options_want_tar(const struct options *options);

const char *command_name(enum command command);

/* The command of that name, or COMMAND_NONE. */
enum command command_by_name(const char *name);

#endif
