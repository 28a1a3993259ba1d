/* job.h: what the main program asks of a worker, and what comes back.
 *
 * Both sides are built together, so plain structs travel. The main program
 * still trusts nothing in an answer: it copies it, then checks every length,
 * count and number against the memory it came in (job_answer_check).
 */
#ifndef TOOL_WORKER_JOB_H
#define TOOL_WORKER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of the jobs in the worker program's list. */
#define JOB_PICTURE "picture" /* decode the body, do what is asked with it */
#define JOB_UNPACK "unpack"   /* undo what a server compressed the body with */
#define JOB_LOOK "look"       /* tell what a packed file has within */
#define JOB_SKY "sky"         /* draw a star field of the demo; needs no body */
#define JOB_SANDBOX "sandbox" /* tell what this worker has given up */
#define JOB_READS "reads"     /* tell what it reads: a uint32_t with bits */

/* What comes to a worker when it starts. */
typedef struct job_settings {
    uint32_t required_layers; /* of its sandbox; without one it does not work */
    uint64_t max_pixels; /* of a picture; its memory follows; 0: 100 million */
    uint64_t max_bytes;  /* of what a packed file has within; 0: 256 MiB */
} job_settings;

/* Layers of the worker's sandbox, as sandbox.h numbers them. */
typedef struct job_sandbox_answer {
    uint32_t in_force, missing;
    int32_t landlock_abi;
} job_sandbox_answer;

/* Why a picture is no good, or that it is. The order is the wire format. */
enum job_verdict {
    JOB_GOOD,
    JOB_NOT_AN_IMAGE, /* no format we know: HTML, text, unknown bytes */
    JOB_UNSUPPORTED,  /* an image format that this build does not read */
    JOB_EMPTY,        /* no bytes */
    JOB_TRUNCATED,    /* ends before its pixels do */
    JOB_CORRUPT,      /* a data error in the pixels or headers */
    JOB_TOO_LARGE,    /* over the limits on width, height or pixels */
    JOB_NO_MEMORY,    /* the worker's memory limit */
    JOB_VERDICTS
};

enum job_format {
    JOB_FORMAT_UNKNOWN,
    JOB_JPEG,
    JOB_PNG,
    JOB_WEBP,
    JOB_GIF,
    JOB_FITS,
    JOB_TIFF, /* from here on: see job_format_needs() */
    JOB_HEIF,
    JOB_AVIF,
    JOB_FORMATS
};

/* What a whole file was packed with by those who have it so on their disks. */
enum job_packing { JOB_PLAIN, JOB_GZIP, JOB_BZIP2, JOB_ZSTD, JOB_PACKINGS };

/* Whether a picture shows a star field, or why it is taken not to. The order
 * is the wire format. */
enum job_field {
    JOB_FIELD_STARS,
    JOB_FIELD_EMPTY,   /* nothing stands out */
    JOB_FIELD_NO_SIZE, /* what stands out does not agree on a size */
    JOB_FIELD_THINGS,  /* most of what stands out is no star */
    JOB_FIELD_DRAWN,   /* letters and lines */
    JOB_FIELD_TEXTURE, /* as many dark spots as bright ones */
    JOB_FIELD_OUTSIDE, /* it was not looked at: the region is elsewhere */
    JOB_FIELDS
};

/* Whether a FITS header tells where on the sky its stars are. The order is the
 * wire format. */
enum job_places {
    JOB_PLACES_NONE, /* it says nothing of the sky */
    JOB_PLACES_GIVEN,
    JOB_PLACES_OTHER,   /* in coordinates that are neither equatorial nor
                           galactic */
    JOB_PLACES_UNCLEAR, /* it contradicts itself, or is not understood */
    JOB_PLACES_COUNT
};

enum job_detector {
    JOB_DETECTOR_OWN, /* made for pictures as people have them */
    JOB_DETECTOR_SEP, /* what astronomers use on frames of a camera */
    JOB_DETECTORS
};

enum {
    JOB_STAR_SATURATED = 1,
    JOB_STAR_EDGE = 2,    /* touches the border of the picture */
    JOB_STAR_BLENDED = 4, /* a tenth and more of its light is of others */
    JOB_STAR_WIDE = 8,    /* wider than the picture's stars: --keep-galaxies */
};

enum {
    JOB_REASON_MAX = 120,
    JOB_PREVIEW_MAX = 64 << 10, /* bytes of a preview */
    JOB_STARS_MAX = 200000,     /* a list that is longer is cut and flagged */
    JOB_THUMBS_MAX = 16,
    JOB_MASKS_MAX = 16,
    JOB_HDU_MAX = 100,
    JOB_PLANE_MAX = 1000000,
    JOB_OUTPUTS_MAX = JOB_THUMBS_MAX + 3,
    JOB_SIDE_MAX = 30000, /* pixels; no camera or telescope makes more */
};

/* What to do with a picture that was decoded once; any of them together.
 * Nothing: only look whether the picture is good. */
enum job_operation {
    JOB_DO_STARS = 1,  /* find stars, mark them */
    JOB_DO_THUMBS = 2, /* shrink */
    JOB_DO_EDGES = 4,  /* trace edges */
};

/* How a thumbnail takes the shape of its box. */
enum job_fit {
    JOB_FIT_INSIDE, /* as large as goes into the box */
    JOB_FIT_FILL,   /* the box, stretched */
    JOB_FIT_CROP,   /* the box, what does not go in is cut off */
    JOB_FIT_PAD,    /* the box, with bars */
    JOB_FITS_COUNT
};

/* A box of pixels; height 0: whatever follows from the width. */
typedef struct job_box {
    uint32_t width, height;
} job_box;

typedef struct job_thumbs {
    uint32_t count;
    uint32_t fit;        /* enum job_fit */
    uint32_t no_upscale; /* 1: none is larger than the picture */
    job_box boxes[JOB_THUMBS_MAX];
} job_thumbs;

/* A part of a picture; width 0: there is none. */
typedef struct job_area {
    uint32_t x, y, width, height;
} job_area;

enum job_marks {
    JOB_MARKS_CIRCLES,
    JOB_MARKS_NUMBERS, /* circles, and the place in the list */
    JOB_MARKS_NONE,    /* no marked picture */
    JOB_MARKS_COUNT
};

/* Stars: which are wanted, and how they are shown. */
typedef struct job_wanted {
    float star_width;       /* pixels at half height; 0: the picture tells */
    uint32_t min_area;      /* pixels above half of the height, at least */
    uint32_t keep_galaxies; /* 1: what is wider than stars, too */
    uint32_t marks;         /* enum job_marks */
    uint32_t mask_count;
    job_area region; /* only there; width 0: everywhere */
    job_area masks[JOB_MASKS_MAX];
} job_wanted;

/* The file's bytes are the job's body, or follow the request. What is made of
 * it goes into the job's result memory or, where there is none, follows the
 * answer, whose length tells how much it is. */
typedef struct job_request {
    uint64_t body_size;  /* bytes of the body that are the file */
    uint64_t max_pixels; /* width times height, 1 .. 2^31 */
    uint64_t max_bytes;  /* of the file without its packing; 0: 256 MiB */
    uint32_t operations; /* enum job_operation, or-ed */
    double threshold;    /* stars: detection limit in sigma; 0: the default */
    uint32_t detector;   /* stars: enum job_detector */
    bool draw;           /* stars: make the marked picture and the preview */
    uint32_t hdu;   /* of FITS files: 1 is the first; 0: that with a picture */
    uint32_t plane; /* of FITS cubes: 1 is the first; 0: the first, or colours
                       where it has three */
    job_wanted wanted;
    uint32_t edge_threshold; /* edges: above it a pixel is white */
    job_thumbs thumbs;
    uint32_t format;  /* of thumbnails and edges: enum job_format, of those
                         that are written; unknown: the picture's own */
    uint32_t quality; /* of what is encoded with losses, 1 .. 100; 0: 90 for
                         marked pictures, 85 for others */
} job_request;

/* x, y: 0-based pixel centres, rows as in the file. Fluxes in grey levels
 * times pixels (FITS: in the file's own units). ra, dec: degrees, where a FITS
 * header tells places on the sky, else both NaN. */
typedef struct job_star {
    double x, y;
    double ra, dec;
    float flux, peak;
    float fwhm, a, b; /* pixels */
    float theta;      /* radians, from the x axis towards y */
    float snr;
    uint32_t flags;
} job_star;

enum job_kind {
    JOB_MARKED,  /* the picture with its stars marked, a JPEG */
    JOB_PREVIEW, /* a small one of that, for pages, a JPEG */
    JOB_THUMB,
    JOB_EDGES,
    JOB_KINDS
};

/* A picture that was made. */
typedef struct job_output {
    uint32_t kind;   /* enum job_kind */
    uint32_t index;  /* thumbnails: of its box */
    uint32_t format; /* enum job_format: JPEG, PNG or WebP */
    uint32_t width, height;
    uint64_t offset, size; /* in the result memory */
} job_output;

/* The answer's fixed part; the rest is in the job's result memory: the stars,
 * brightest first, and the pictures' bytes. */
typedef struct job_answer {
    uint32_t verdict;       /* enum job_verdict */
    uint32_t format;        /* enum job_format */
    uint32_t width, height; /* rows and columns as in the file */
    uint32_t star_count;
    uint64_t stars_offset;   /* in the result memory; 0 if there is nothing else
                                before them */
    uint32_t stars_cut;      /* 1: more than JOB_STARS_MAX were found */
    uint32_t no_star_field;  /* enum job_field; 0: there is one */
    uint32_t places;         /* enum job_places */
    float background, noise; /* median level and noise, grey levels */
    float star_fwhm;         /* of the picture's stars; 0: not known */
    float snr_limit; /* one star in twenty of those listed is fainter; 0: none
                        is listed */
    char reason[JOB_REASON_MAX]; /* one line of ASCII; "" when good */
    uint32_t output_count;
    job_output outputs[JOB_OUTPUTS_MAX];
} job_answer;

enum { JOB_ENCODING_MAX = 16 };

/* Into the result memory, which is all the room there is. Without one it is
 * only counted what would come of it. */
typedef struct job_unpack_request {
    uint64_t body_size;              /* bytes of the body that are packed */
    uint64_t most;                   /* the room, where it is counted */
    char encoding[JOB_ENCODING_MAX]; /* as HTTP calls it, in small letters */
} job_unpack_request;

typedef struct job_unpack_answer {
    uint32_t verdict; /* enum job_verdict; unsupported: of the encoding */
    uint64_t size;    /* bytes that came of it, if it is good */
} job_unpack_answer;

typedef struct job_look_request {
    uint64_t body_size; /* bytes of the body that are the file */
} job_look_request;

typedef struct job_look_answer {
    uint32_t verdict; /* enum job_verdict: of the first bytes within */
    uint32_t format;  /* enum job_format: of them */
    char reason[JOB_REASON_MAX]; /* one line of ASCII; "" when good */
} job_look_answer;

typedef struct job_sky_request {
    uint64_t seed;
    uint32_t width, height; /* 64 .. 8192 */
    uint32_t stars;         /* how many to draw */
    uint32_t quality;       /* JPEG quality */
} job_sky_request;

/* Result memory: the truth as job_star entries (x, y, flux, peak, fwhm, snr;
 * brightest first), then the JPEG. */
typedef struct job_sky_answer {
    uint32_t star_count;  /* drawn */
    uint32_t stars_at_10; /* of them with S/N >= 10: the ones to find */
    uint64_t picture_offset, picture_size;
} job_sky_answer;

/* Fixed words for a verdict, as in the `class` column: "good",
 * "not-an-image", "unsupported", "empty", "truncated", "corrupt",
 * "too-large", "memory". NULL if out of range. */
const char *job_verdict_name(uint32_t verdict);

/* Why there is no star field, in a few words; "" where there is one. NULL if
 * out of range. */
const char *job_field_reason(uint32_t field);

/* Why stars have no ra and dec, in a few words; "" if they have. */
const char *job_places_reason(uint32_t places);

/* File name extension with its dot: ".jpg"; "" for the unknown. */
const char *job_format_extension(uint32_t format);

/* What comes behind that: ".gz"; "" for what is not packed. */
const char *job_packing_extension(uint32_t packing);

/* What a format needs that not every installation has, in words for users.
 * NULL: nothing. */
const char *job_format_needs(uint32_t format);

/* Whether an answer of `answer_size` bytes holds together, given that its
 * result memory has `result_size` bytes: lengths inside, counts in range,
 * numbers finite. Copy both before checking: the worker could still write. */
bool job_answer_check(const job_answer *answer, size_t answer_size,
                      size_t result_size);

/* The same for what was found within a packed file. */
bool job_look_check(const job_look_answer *answer, size_t answer_size);

/* The output of a kind, of thumbnails that of a box. NULL if there is none. */
const job_output *job_answer_output(const job_answer *answer, uint32_t kind,
                                    uint32_t index);

/* Whether a star of a checked answer is plausible: finite, inside the
 * picture. */
bool job_star_check(const job_star *star, uint32_t width, uint32_t height);

#endif
