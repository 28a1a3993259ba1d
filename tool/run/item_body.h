/* item_body.h: an item from the inside, and where its bytes come from. For
 * item.c and item_body.c only. */
#ifndef TOOL_RUN_ITEM_BODY_H
#define TOOL_RUN_ITEM_BODY_H

#include "run/content.h"
#include "run/item.h"
#include "run/results.h"
#include "worker/decode/sniff.h"

enum {
    CLASS_SIZE = 40,
    REASON_SIZE = 320,
    FILE_NAME_SIZE = 256,
    GUESS_MIN = 64 << 10,
};

struct item {
    run *run;
    int lane; /* in the trace */
    int64_t id;
    bool was_fetched;    /* in an earlier session */
    bool was_done;       /* ... and all: has its server another version now? */
    bool has_original;   /* ... and it lies in the run's folder */
    char *address, *url; /* of the URL: to get, to show */
    char *stem, *host, *original;
    char *checksum;             /* that is expected; "": none */
    char *etag, *last_modified; /* of the original; "": not told */
    char *xxh64;                /* its bytes */
    /* from here on: what this session has learnt */
    sl_shm body;
    uint64_t size, held; /* bytes; `held`: taken from the budget */
    char *encoding;      /* the server packed it with that; NULL: it did not */
    bool proven, counted_fetched, failed;
    bool put_off;   /* until its next attempt */
    bool unchanged; /* it was done, and its server has what is here */
    bool skipped;   /* failed by a rule: its server does not want it fetched */
    fetch_turn *turn;    /* at its server; NULL: none, or none any more */
    fetch_course course; /* its attempts */
    char name[FILE_NAME_SIZE];
    char class_name[CLASS_SIZE], reason[REASON_SIZE];
    uint32_t packing; /* enum job_packing: it is within something */
    sniffed found;    /* it, from its first bytes */
    content content;
    store_twin *twin; /* the item with the same bytes, while it matters */
    store_file kept;  /* role NULL: there is none */
    bool is_untold;   /* it is fetched, but the books do not say so yet */
    results results;
};

static inline const char *item_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* The item is no good: remember why. Always returns -ECANCELED, a code that no
 * step of an item's way returns for another reason. */
int item_no_good(item *item, const char *class_name, const char *reason);

/* What became of a job that returned an error: the item is no good where it was
 * the item's own, and the error is passed on where it was not. */
int item_judge_job(item *item, int rc);

/* Get item->body: from its server, or from a file. Returns 0; -ECANCELED if it
 * is no good, unchanged or put off; or an error of the run. */
SL_WAITS int item_get_body(item *item);

/* Give back a turn that was not needed after all. */
void item_give_turn_back(item *item);

/* Of an item that was done: 0 if it has other bytes now, and is planned again;
 * -ECANCELED if it stays as it is. */
SL_WAITS int item_compare_with_old(item *item);

/* A done item whose new version cannot be had keeps the old one. */
void item_keep_old(item *item);

#endif
