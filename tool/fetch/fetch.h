/* fetch.h: get a body, however often one has to ask: retries, and peace for
 * the servers.
 *
 * A server that asks for time (429 or 503 with Retry-After) gets exactly that,
 * from all items of its host; time so waited does not count against an item's
 * time limit.
 *
 * There are two ways. fetch_get() waits for its turn and between attempts. Who
 * has many items takes a turn first and hands it to fetch_try(), which makes
 * one attempt: whatever has to be waited for then is for its caller to know,
 * and costs neither a task nor a slot.
 */
#ifndef TOOL_FETCH_FETCH_H
#define TOOL_FETCH_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/api.h>
#include <starling/clock.h>
#include <starling/http.h>
#include <starling/shm.h>

typedef struct fetcher fetcher;

typedef struct fetcher_options {
    sl_http_client_options http;
    /* Limits and headers of each request; what is 0 is as in http.h. Headers
     * are lent. */
    sl_http_options request;
    int downloads;      /* transfers in flight; 0: 64 */
    int per_host;       /* of them to one host; 0: 6 */
    int retries;        /* further attempts after the first */
    uint64_t max_bytes; /* of a body; 0: 256 MiB */
    sl_time timeout;    /* for one item, all attempts together; 0: 120 s */
    /* What programs are told about themselves by servers goes by this name;
     * lent; NULL: "starling". */
    const char *agent;
    sl_time delay; /* between the beginnings of two requests to a host */
    /* A turn has ended, or the fetcher drains: may be NULL. */
    void (*on_change)(void *arg);
    /* A server asks to be left alone for that long: in the task that heard it,
     * so it may wait. May be NULL. */
    void (*on_peace)(void *arg, const char *host, sl_time length);
    void *arg;
} fetcher_options;

/* 0, -ENOMEM, or -EINVAL with sl_errmsg() in words for the user. */
int fetcher_new(const fetcher_options *options, fetcher **out);
/* No task may be in fetch_get(). */
void fetcher_free(fetcher *fetcher);

/* From now on no transfer begins: who waits for its turn or for a retry gets
 * SL_ECANCELED, transfers that run go on. */
void fetcher_drain(fetcher *fetcher);

/* A server has asked earlier, and still wants to be left alone for so long. */
void fetcher_grant_peace(fetcher *fetcher, const char *host, sl_time length);

/* How long items have waited because servers asked for it, counting time in
 * which several waited once. */
sl_time fetcher_asked_to_wait(const fetcher *fetcher);

/* A slot of a server and one among all downloads, held together. */
typedef struct host fetch_turn;

/* Take a turn at a server, by the name that text_host() gives it, if there is
 * one to be had now. Returns 0; -EBUSY if all downloads are taken; -ENOMEM; or
 * -EAGAIN, and *when says from when on it may be had: SL_FOREVER if another
 * turn has to end first. */
int fetcher_take_turn(fetcher *fetcher, const char *host, fetch_turn **turn,
                      sl_time *when);
/* Give back a turn that fetch_try() did not get. */
void fetcher_give_turn(fetcher *fetcher, fetch_turn *turn);

typedef struct fetch_options {
    uint64_t max_bytes; /* 0: the fetcher's */
    bool obeys_robots;  /* robots.txt, X-Robots-Tag */
    bool keep_encoded;  /* see http.h */
    /* What its server called the version that is here; may be NULL. If it still
     * has that one, the result is 0 with status 304 and no body. */
    const char *etag, *last_modified;
} fetch_options;

typedef struct fetch_result {
    sl_shm body;   /* data NULL when empty; with a failing status the server's
                      words, at most 64 KiB, else nothing */
    uint64_t size; /* bytes of the body */
    bool proven;   /* see http.h */
    int status;    /* HTTP status of the last answer; 0: there was none */
    int attempts;
    char *etag, *last_modified; /* of the body; NULL: not told */
    char *encoding; /* Content-Encoding: what it is packed with; NULL: not */
    char class_name[32]; /* of a failure: "http-404", "dns", "connect",
                            "timeout", "truncated", "too-large",
                            "refused-address", "tls", "redirect", "network",
                            "rate-limited", "bad-url", "robots" */
    char reason[256];    /* of a failure: one line, no control characters, no
                            secrets */
} fetch_result;

/* Get `url`. Returns 0 for a body that came with status 200, SL_ECANCELED,
 * -EACCES if the server does not want programs to have it, or another negative
 * error; class and reason tell more. *result is filled in every
 * case; release it with fetch_result_fini(). */
SL_WAITS int fetch_get(fetcher *fetcher, const char *url,
                       const fetch_options *options, fetch_result *result);

/* Where an item stands between two attempts; zeroed before the first. */
typedef struct fetch_course {
    int attempts;
    sl_time spent;      /* of its time limit */
    sl_time not_before; /* of the next attempt */
} fetch_course;

/* One attempt. Takes the turn and gives it back in every case. As fetch_get(),
 * but 1 means: again, not before course->not_before and when there is a turn;
 * *result then says what went wrong so far. */
SL_WAITS int fetch_try(fetcher *fetcher, fetch_turn *turn, const char *url,
                       const fetch_options *options, fetch_course *course,
                       fetch_result *result);

void fetch_result_fini(fetch_result *result);

#endif
