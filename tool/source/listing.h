/* listing.h: the names in a folder, sorted, be there as many as there may.
 *
 *     rc = listing_open("sky", &spool, &listing);
 *     while (rc >= 0 && (rc = listing_next(listing, &name)) > 0)
 *         visit(name);
 *     listing_close(listing);
 */
#ifndef TOOL_SOURCE_LISTING_H
#define TOOL_SOURCE_LISTING_H

#include <stdbool.h>
#include <sys/types.h>

/* Of one listing: names that are sorted at a time. What there is more than that
 * goes to the spool. */
enum { LISTING_MEMORY = 256 << 10 };

/* A file for what memory should not hold. Listings that are open at the same
 * time share it: the one that was opened last is closed first. */
typedef struct listing_spool {
    int fd;    /* 0: there is none, and memory has to hold everything */
    off_t end; /* what lies before belongs to listings that are open */
    bool is_full;
} listing_spool;

typedef struct listing listing;

/* Read all names in a folder but "." and "..". The spool is lent until
 * listing_close(); one that has no room is done without. Blocks.
 * Returns 0, the folder's error, or -ENOMEM. */
int listing_open(const char *folder, listing_spool *spool, listing **out);

/* The next name in the order of strcmp(), lent until the next call. Returns 1,
 * 0 at the end, or the spool's error. */
int listing_next(listing *listing, const char **name);

/* NULL is fine. */
void listing_close(listing *listing);

#endif
