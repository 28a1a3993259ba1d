/* contest.h: ways of doing the same work, and what each of them took. */
#ifndef TOOL_COMPARE_CONTEST_H
#define TOOL_COMPARE_CONTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/clock.h>

enum contest_mode {
    CONTEST_SEQUENTIAL,
    CONTEST_THREADS,
    CONTEST_PROCESSES,
    CONTEST_ASYNC,
    CONTEST_HYBRID,
    CONTEST_MODES
};

/* What a mode is made of. A lane is a thread that fetches pictures and hands
 * them to the workers. */
typedef struct contest_shape {
    const char *name, *words;
    bool scales;         /* has as many workers as there are, else one */
    bool many_lanes;     /* one for each worker, with one picture at a time */
    bool many_downloads; /* a lane has many pictures under way */
    bool blocks;    /* a lane stands still while its picture is worked on */
    bool processes; /* workers are processes, not threads of one */
} contest_shape;

extern const contest_shape contest_shapes[CONTEST_MODES];

/* When what happened to a picture, from the start of the round on. */
typedef struct contest_span {
    sl_time asked, got;   /* fetching it */
    sl_time begun, ended; /* working on it */
} contest_span;

typedef struct contest_round {
    double wall_s;
    double cpu_s;        /* of all processes, the server's left out */
    double others_s;     /* that other programs took */
    uint64_t memory;     /* most at a time, bytes; 0: not known */
    contest_span *spans; /* one for each picture */
} contest_round;

/* A mode with a number of workers. The lower half is contest_judge()'s. */
typedef struct contestant {
    enum contest_mode mode;
    int workers;
    contest_round *rounds;

    double median_s, least_s, most_s;
    double cpu_s;    /* median */
    double busy;     /* share of the time of all cores, 0 .. 1 */
    double others;   /* share of it that other programs had; median */
    double speedup;  /* sequential is 1 */
    double waiting;  /* share of the time in which nothing was worked on */
    uint64_t memory; /* median */
    const contest_round *typical; /* the round of the median */
} contestant;

enum { CONTEST_ROUNDS_MAX = 100 };

typedef struct contest contest;
struct contest {
    const char *op; /* "stars" */
    const char *version, *command_line;
    char machine[160]; /* "2 cores, AMD EPYC, Linux 6.1" */
    int cores, downloads;
    int pictures;
    uint64_t bytes;  /* of all pictures */
    sl_time latency; /* of our own server; -1: others' servers */
    int round_count;
    int count;
    contestant *list; /* sequential first */
    double others;    /* median share of the time of all cores that other
                         programs took */
};

/* The contestants: each mode, those that scale with every number of workers in
 * `from` .. `to`. 0, -EINVAL for too many rounds, or -ENOMEM. */
int contest_init(contest *contest, int pictures, int rounds, int from, int to);
void contest_fini(contest *contest);

/* Fill in `cores` and `machine`. */
void contest_describe_machine(contest *contest);

/* A random order of the contestants for one round. */
void contest_shuffle(const contest *contest, uint64_t *seed, int order[]);

/* All rounds are over: work the figures out. */
void contest_judge(contest *contest);

/* From this share on, what other programs took is told with the figures. */
#define CONTEST_OTHERS_MATTER 0.08

/* The fastest. */
const contestant *contest_winner(const contest *contest);

/* "hybrid", or "hybrid, 2 workers" where a mode has several. */
void contest_name(const contest *contest, const contestant *c, char *out,
                  size_t size);

/* One sentence that says why, from what was measured. */
enum { CONTEST_WHY_MAX = 720 };
void contest_why(const contest *contest, char out[CONTEST_WHY_MAX]);

#endif
