/* Whether looking before sleeping pays; see patience.h. */
#include "sched/patience.h"

enum {
    FIRST_RUN = 8,
    LONGEST_RUN = 8192,
    CREDIT_AT_FIRST = 4, /* one look in vain */
    CREDIT_MAX = 64,
    PRICE = 4, /* of a look in vain, in looks that found something */
};

sl_time sl__patience_look(const sl__patience *patience, sl_time now)
{
    return patience->credit > 0 && now >= patience->not_before ? SL__LOOK_NS
                                                               : 0;
}

void sl__patience_found(sl__patience *patience)
{
    if (patience->credit < CREDIT_MAX)
        patience->credit++;
    else
        patience->wanted_run = FIRST_RUN; /* it has long paid */
}

void sl__patience_in_vain(sl__patience *patience)
{
    patience->credit -= PRICE;
    if (patience->credit > 0)
        return;
    patience->credit = 0;
    patience->short_run = 0;
    if (patience->wanted_run < LONGEST_RUN)
        patience->wanted_run *= 2;
}

void sl__patience_slept(sl__patience *patience, sl_time duration)
{
    if (patience->wanted_run == 0)
        patience->wanted_run = FIRST_RUN;
    if (duration > SL__SHORT_WAIT_NS) {
        patience->short_run = 0;
        return;
    }
    if (++patience->short_run < patience->wanted_run || patience->credit > 0)
        return;
    patience->credit = CREDIT_AT_FIRST;
}

void sl__patience_crowded(sl__patience *patience, sl_time now)
{
    patience->not_before = now + SL__CROWDED_PAUSE_NS;
}
