/* A restaurant at the till: two tasks each fill a future, and what is to
 * happen when a future is filled was said beforehand, in a done callback.
 *
 *     order_processing ITEMS ORDERS
 *
 * Both computations take two seconds, both together, too. A callback gets the
 * future, never a half-done result, and runs on the loop: it must not wait.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <starling.h>

#include "shared/program.h"

enum { PRICE = 10, MOST_ORDERS = 20 }; /* 21! does not fit into 64 bits */

struct work {
    long count;
    char text[128];
    sl_future *done;
};

struct order {
    struct work bill, loyalty;
    int shown;
    sl_event all_shown;
};

/* Amounts are in cents: no sum is off by what a binary fraction cannot hold. */
static int calculate_bill(void *arg)
{
    struct work *work = arg;
    long subtotal = 0, tax, total;
    int rc;

    for (long i = 1; i <= work->count; i++) {
        printf("  [Bill Calculator] Adding item %ld: $%d\n", i, PRICE);
        subtotal += PRICE * 100;
    }
    rc = sl_sleep(scaled(SL_S(2)));
    if (rc < 0)
        return rc;
    tax = subtotal / 10;
    total = subtotal + tax;
    snprintf(work->text, sizeof work->text,
             "BILL SUMMARY: %ld items = $%ld + Tax($%ld.%02ld) = $%ld.%02ld",
             work->count, subtotal / 100, tax / 100, tax % 100, total / 100,
             total % 100);
    return sl_future_resolve(work->done, 0, work->text, NULL);
}

static int calculate_loyalty(void *arg)
{
    struct work *work = arg;
    uint64_t points = 1;
    int rc;

    for (long i = 2; i <= work->count; i++) {
        points *= (uint64_t)i;
        printf("  [Loyalty System] Processing order %ld: "
               "Points multiplied to %" PRIu64 "\n",
               i, points);
    }
    rc = sl_sleep(scaled(SL_S(2)));
    if (rc < 0)
        return rc;
    snprintf(work->text, sizeof work->text,
             "LOYALTY POINTS: Based on %ld orders, "
             "you earned %" PRIu64 " bonus points!",
             work->count, points);
    return sl_future_resolve(work->done, 0, work->text, NULL);
}

/* Called on the loop once a future is settled; the last call wakes app(). */
static void show(sl_future *future, void *arg)
{
    struct order *order = arg;
    void *text;

    if (sl_future_result(future, &text) == 0)
        printf("\n✓ COMPLETED: %s\n", (const char *)text);
    if (++order->shown == 2)
        sl_event_set(&order->all_shown);
}

static int process(struct order *order)
{
    sl_group group;
    int closed, rc = sl_future_on_done(order->bill.done, show, order);

    if (rc == 0)
        rc = sl_future_on_done(order->loyalty.done, show, order);
    if (rc < 0)
        return rc;
    sl_group_open(&group);
    sl_group_spawn(&group, calculate_bill, &order->bill);
    sl_group_spawn(&group, calculate_loyalty, &order->loyalty);
    rc = sl_event_wait(&order->all_shown);
    closed = sl_group_close(&group);
    return closed < 0 ? closed : rc;
}

static int app(void *arg)
{
    struct order *order = arg;
    int rc = -ENOMEM;

    order->bill.done = sl_future_new();
    order->loyalty.done = sl_future_new();
    if (order->bill.done != NULL && order->loyalty.done != NULL)
        rc = process(order);
    sl_future_drop(order->bill.done);
    sl_future_drop(order->loyalty.done);
    if (rc == 0) {
        puts("");
        print_rule('=', 60);
        puts("    ORDER PROCESSING COMPLETE!");
        print_rule('=', 60);
    }
    return rc;
}

static void print_opening(const struct order *order)
{
    print_rule('=', 60);
    puts("    RESTAURANT ORDER PROCESSING SYSTEM");
    puts("    Using Asyncio Coroutines with Futures");
    print_rule('=', 60);
    printf("\nProcessing order with %ld items...\n", order->bill.count);
    printf("Customer has %ld previous orders.\n", order->loyalty.count);
    puts("\nStarting concurrent processing...\n");
}

int main(int argc, char **argv)
{
    struct order order = { .bill.count = 5, .loyalty.count = 4 };

    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 2, "order_processing ITEMS ORDERS");
    if (argc < 3) {
        puts("\nUsage: order_processing ITEMS ORDERS");
        puts("Example: order_processing 5 4\n");
        puts("Using default values: 5 items, 4 previous orders");
    } else {
        order.bill.count = parse_number(argv[1], "ITEMS", 1000000);
        order.loyalty.count = parse_number(argv[2], "ORDERS", MOST_ORDERS);
    }
    print_opening(&order);
    return sl_main(argc, argv, app, &order);
}
