/* Futures and what happens when they are settled: the waiter does not stand
 * beside the till, he is called when the bill is there.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

struct bill {
    int items;
    char text[64];
    sl_future *done;
};

static int make_bill(void *arg)
{
    struct bill *bill = arg;
    int rc = sl_sleep(SL_MS(200)); /* the till takes its time */

    snprintf(bill->text, sizeof bill->text, "%d items = $%d", bill->items,
             10 * bill->items);
    /* The text lives in the bill, so nobody has to free it. */
    return sl_future_resolve(bill->done, rc, bill->text, NULL);
}

/* Called on the loop, not in a task: it must not wait. */
static void show(sl_future *future, void *label)
{
    void *text;

    if (sl_future_result(future, &text) == 0)
        printf("%s: %s\n", (const char *)label, (const char *)text);
}

static int serve(struct bill *bill)
{
    sl_group group;
    int closed, rc = sl_future_on_done(bill->done, show, "the bill");

    if (rc < 0)
        return rc;
    sl_group_open(&group);
    sl_group_spawn(&group, make_bill, bill);
    puts("the waiter sees to other tables");
    rc = sl_future_wait(bill->done); /* any task may wait for it as well */
    if (rc == 0)
        rc = sl_sleep(SL_MS(50)); /* where is that purse? */
    if (rc == 0)
        puts("the guest pays");
    closed = sl_group_close(&group);
    return closed < 0 ? closed : rc;
}

static int app(void *unused)
{
    struct bill bill = { .items = 5, .done = sl_future_new() };
    int rc;

    (void)unused;
    if (bill.done == NULL)
        return -ENOMEM;
    rc = serve(&bill);
    sl_future_drop(bill.done);
    return rc;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
