/* Four rowers: an event is the starting shot, a barrier keeps each stroke until
 * all have made it, a lock lets one at a time speak, and on a condition the
 * coach waits for a state that nobody announces.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

enum { ROWERS = 4, STROKES = 3 };

struct boat {
    sl_event shot;
    sl_barrier stroke;
    sl_lock lock; /* for what follows */
    sl_condition changed;
    int landed;
};

static int row(struct boat *boat, int seat)
{
    for (int i = 1; i <= STROKES; i++) {
        int rc = sl_sleep(scaled(SL_MS(20 * seat))); /* some are slower */

        if (rc == 0)
            rc = sl_barrier_wait(&boat->stroke);
        if (rc < 0)
            return rc;
        if (rc == 0) /* one of the four: the first that came */
            printf("stroke %d\n", i);
    }
    return 0;
}

struct take_seat_args {
    struct boat *boat;
    int seat;
};

static int take_seat(void *arg)
{
    struct take_seat_args *args = arg;
    struct boat *boat = args->boat;
    int rc = sl_event_wait(&boat->shot);

    if (rc == 0)
        rc = row(boat, args->seat);
    if (rc == 0)
        rc = sl_lock_acquire(&boat->lock);
    if (rc < 0)
        return rc;
    boat->landed++;
    sl_condition_notify_all(&boat->changed);
    sl_lock_release(&boat->lock);
    return 0;
}

static int wait_for_landing(struct boat *boat)
{
    int rc = sl_lock_acquire(&boat->lock);

    if (rc < 0)
        return rc;
    while (rc == 0 && boat->landed < ROWERS)
        rc = sl_condition_wait(&boat->changed, &boat->lock);
    sl_lock_release(&boat->lock); /* held again, whatever rc says */
    if (rc == 0)
        puts("all are ashore");
    return rc;
}

static int app(void *unused)
{
    struct boat boat = { .stroke = SL_BARRIER_INIT(ROWERS) };
    sl_group group;
    int closed, rc;

    (void)unused;
    sl_group_open(&group);
    for (int seat = 1; seat <= ROWERS; seat++)
        sl_go(&group, take_seat, .boat = &boat, .seat = seat);
    puts("ready");
    sl_event_set(&boat.shot);
    rc = wait_for_landing(&boat);
    closed = sl_group_close(&group);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "rowers");
    return sl_main(argc, argv, app, NULL);
}
