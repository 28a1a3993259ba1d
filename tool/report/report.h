/* report.h: what a run leaves for people and for other programs: stars.csv,
 * stars.fits, summary.json, report.html.
 *
 * The writers pull rows from whoever has them and push bytes to whoever keeps
 * them; they hold one row and a small buffer, however long the run is. All
 * numbers are written with a point, whatever the locale. They return 0, or the
 * first negative errno that a callback returned; then what was written is
 * incomplete and must be dropped.
 */
#ifndef TOOL_REPORT_REPORT_H
#define TOOL_REPORT_REPORT_H

#include <stddef.h>
#include <stdint.h>

/* What a picture with stars is like. */
typedef struct report_sky {
    const char *no_star_field;    /* why; "": it is one; NULL: not known */
    double background, noise;     /* grey levels */
    double star_width, snr_limit; /* pixels; 0: not known */
    const char *no_ra_dec; /* why; "": stars have places; NULL: not known */
} report_sky;

/* Unknown numbers are below 0, unknown texts NULL. Texts are UTF-8 on one
 * line; anything in them is escaped as the format needs it. */
typedef struct report_item {
    int64_t id;        /* above 0, ascending */
    const char *state; /* "done", "failed", "skipped", "planned", "fetched" */
    const char *name;  /* the original's file name */
    const char *url, *title, *date;
    const char *class_name, *reason;
    const char *checksum;     /* that was expected */
    const char *extra;        /* what a list said besides, a JSON object */
    const char *duplicate_of; /* name of the item with the same bytes */
    const char *xxh64;        /* of the original */
    int64_t bytes;            /* of the original; 0, too: unknown */
    const char *shard;        /* the archive that its files are in */
    int64_t stars, true_stars, width, height;
    report_sky sky;
    const char *marked, *edges; /* file names in `processed` */
    int64_t thumbs;             /* how many there are of it */
    const void *preview;        /* small JPEG */
    size_t preview_size;
} report_item;

typedef struct report_star {
    double x, y;
    float flux, peak, fwhm, a, b, theta, snr;
    uint32_t flags;
    double ra, dec; /* degrees; NaN: not known */
} report_star;

typedef int report_take_star(void *context, const report_star *star);

/* A file that was made of an item, in the folder `processed`. */
typedef struct report_file {
    const char *role; /* "marked", "thumb-64", "thumb-64x48", "edges" */
    const char *name;
} report_file;

typedef int report_take_file(void *context, const report_file *file);

typedef struct report_run {
    const char *command, *version, *command_line;
    const char *operations;               /* "stars,thumbs" */
    const char *originals;                /* folder, relative to the report */
    const char *processed;                /* folder, relative to the report */
    const char *started_at, *finished_at; /* UTC, ISO 8601; or NULL */
    int64_t planned, done, failed, skipped, expected_failures, stars;
    double elapsed_s;
    int has_places; /* some stars have ra and dec */
    int has_truth;  /* some items have true_stars */

    /* The item with the lowest id above `after`: 1, or 0 at the end. Its texts
     * stay valid until the next call; each_star() does not end that. */
    int (*next_item)(void *context, int64_t after, report_item *out);
    /* Call take() with each star of an item, brightest first; return what it
     * returns as soon as that is not 0. */
    int (*each_star)(void *context, int64_t id, report_take_star *take,
                     void *take_context);
    /* The same with each file that was made of it, by role. */
    int (*each_file)(void *context, int64_t id, report_take_file *take,
                     void *take_context);
    void *context;
} report_run;

typedef struct report_out {
    int (*write)(void *context, const void *data, size_t size);
    void *context;
} report_out;

/* The catalogue: a line a star, in the order of items, brightest first. */
int report_stars_csv(const report_run *run, const report_out *out);

/* The same as a binary table of FITS, which astropy, TOPCAT and others read. */
int report_stars_fits(const report_run *run, const report_out *out);

/* The summary; also what --json prints. */
int report_summary_json(const report_run *run, const report_out *out);

/* One of its items, as the summary has it. */
int report_item_json(const report_run *run, const report_item *item,
                     const report_out *out);

/* Both in one go through the items: a table with a line an item, in their
 * order, and the summary. */
int report_items(const report_run *run, const report_out *csv,
                 const report_out *json);

/* The page: one file that needs nothing else. Previews are part of it up to
 * REPORT_EMBEDDED_MAX bytes in all; the pictures beyond are links to their
 * files. */
enum { REPORT_EMBEDDED_MAX = 24 << 20 };
int report_html(const report_run *run, const report_out *out);

#endif
