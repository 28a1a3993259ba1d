/* lookout.h: how a loop learns that jobs are done elsewhere.
 *
 * While jobs are out it first looks, for as long as its patience lasts, and
 * then asks to be woken and sleeps. Other I/O gets its turn all the while.
 */
#ifndef SL_EXEC_LOOKOUT_H
#define SL_EXEC_LOOKOUT_H

#include <stdbool.h>

#include <starling/loop.h>

typedef struct lookout lookout;

typedef struct lookout_duties {
    /* Collect what is done; how much it was. */
    unsigned (*look)(void *arg);
    /* How many jobs are out. */
    unsigned (*expects)(void *arg);
    /* How many threads or processes are at work on them: whoever looks while
     * there are as many as cores takes one from them. */
    int (*at_work)(void *arg);
    /* Tell the other side to wake us, or that it need not. */
    void (*ask_to_be_woken)(void *arg, bool asleep);
} lookout_duties;

/* `duties` must live as long as the lookout. Returns 0 or a negative errno. */
int sl__lookout_open(sl_loop *loop, const lookout_duties *duties, void *arg,
                     int cores, lookout **out);
void sl__lookout_close(lookout *lookout);

/* Something is about to be sent out. */
void sl__lookout_expect(lookout *lookout);

/* The other side has woken us. Only on the loop's thread. */
void sl__lookout_woken(lookout *lookout);

/* Wake the loop. Any thread, as long as the lookout is open. */
void sl__lookout_wake(lookout *lookout);

#endif
