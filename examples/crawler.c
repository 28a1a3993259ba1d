/* A crawler: pages name further pages, nobody knows how many. One queue of
 * addresses, a fixed crew of tasks that take from it and add to it, and for
 * each host a semaphore, so that a big site is not flooded and does not hold up
 * the small ones. It is over when every page ever queued is done.
 *
 * The web is made up here: page n of a host links to pages 2n and 2n + 1.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

enum { HOSTS = 3, CREW = 12, PER_HOST = 2, PAGES = 7 };

struct page {
    int host, number;
};

struct host {
    const char *name;
    sl_semaphore limit;
    int in_flight, most_in_flight, fetched;
};

struct crawl {
    sl_queue *frontier;
    struct host hosts[HOSTS];
};

static int fetch(struct host *host, const struct page *page)
{
    int rc;

    host->in_flight++;
    if (host->in_flight > host->most_in_flight)
        host->most_in_flight = host->in_flight;
    rc = sl_sleep(scaled(SL_MS(50 + 10 * page->number)));
    host->in_flight--;
    host->fetched += rc == 0;
    return rc;
}

static int visit(struct crawl *crawl, const struct page *page)
{
    struct host *host = &crawl->hosts[page->host];
    int rc = sl_semaphore_acquire(&host->limit);

    if (rc < 0)
        return rc;
    rc = fetch(host, page);
    sl_semaphore_release(&host->limit);
    for (int i = 0; i < 2 && rc == 0; i++) {
        struct page link = { page->host, 2 * page->number + i };

        /* The queue is unbounded: who takes and puts must not wait to put. */
        if (link.number <= PAGES)
            rc = sl_queue_put(crawl->frontier, &link);
    }
    return rc;
}

static int crawl_on(void *arg)
{
    struct crawl *crawl = arg;
    struct page page;
    int rc;

    while ((rc = sl_queue_get(crawl->frontier, &page)) == 0) {
        rc = visit(crawl, &page);
        sl_queue_task_done(crawl->frontier); /* after its links were put */
        if (rc < 0)
            return rc;
    }
    return rc == SL_ECLOSED ? 0 : rc;
}

static int run(struct crawl *crawl)
{
    sl_group crew;
    int rc = 0, closed;

    for (int i = 0; i < HOSTS && rc == 0; i++)
        rc = sl_queue_put(crawl->frontier, &(struct page){ i, 1 });
    sl_group_open(&crew);
    for (int i = 0; i < CREW; i++)
        sl_group_spawn(&crew, crawl_on, crawl);
    if (rc == 0)
        rc = sl_queue_join(crawl->frontier);
    sl_queue_shutdown(crawl->frontier, false);
    closed = sl_group_close(&crew);
    return rc < 0 ? rc : closed;
}

static int app(void *unused)
{
    struct crawl crawl = {
        .frontier = sl_queue_new(SL_FIFO, sizeof(struct page), 0),
        .hosts = { { "big.example", SL_SEMAPHORE_INIT(PER_HOST), 0, 0, 0 },
                   { "small.example", SL_SEMAPHORE_INIT(PER_HOST), 0, 0, 0 },
                   { "tiny.example", SL_SEMAPHORE_INIT(PER_HOST), 0, 0, 0 } },
    };
    int rc;

    (void)unused;
    if (crawl.frontier == NULL)
        return -ENOMEM;
    rc = run(&crawl);
    sl_queue_free(crawl.frontier);
    for (int i = 0; i < HOSTS && rc == 0; i++)
        printf("%s: %d pages, never more than %d at once\n",
               crawl.hosts[i].name, crawl.hosts[i].fetched,
               crawl.hosts[i].most_in_flight);
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "crawler");
    return sl_main(argc, argv, app, NULL);
}
