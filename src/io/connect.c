/* Connecting to one address, and to a name that has several.
 *
 * A name's addresses race, with a handicap: each starts when the one before has
 * failed or has had 250 ms (RFC 8305 calls this happy eyeballs). A machine with
 * broken IPv6 then costs its users a quarter of a second instead of minutes,
 * and one where all is well sees a single connection.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/event.h>
#include <starling/group.h>
#include <starling/lookup.h>

#include "base/given.h"
#include "base/list.h"
#include "io/address.h"
#include "io/descriptor.h"
#include "io/failure.h"
#include "io/stream.h"

#define HEAD_START SL_MS(250)

typedef struct connection {
    sl__attempt attempt;
    const sl_address *where;
    bool started;
} connection;

static int run_connect(sl__attempt *attempt, int fd)
{
    connection *c = sl__container_of(attempt, connection, attempt);
    socklen_t size = sizeof(int);
    int error = 0;

    if (!c->started) {
        c->started = true;
        if (connect(fd, (const struct sockaddr *)&c->where->where,
                    c->where->size) == 0)
            return 0;
        /* From a full backlog of a unix socket nobody calls back. */
        if (errno == EAGAIN)
            return -EINPROGRESS;
        return errno == EINPROGRESS || errno == EINTR ? -EAGAIN : -errno;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -errno;
    return -error;
}

static int connect_stream(sl_stream *stream, const sl_address *where)
{
    connection c = {
        .attempt = { .waiter = { .what = "a connection", .on = stream },
                     .run = run_connect },
        .where = where,
    };

    return sl__descriptor_do(sl__stream_descriptor(stream), SL__OUT,
                             &c.attempt);
}

static int connect_new_socket(const sl_address *where, sl_stream **out)
{
    int family = where->where.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sl_stream *stream;
    int rc;

    if (fd < 0)
        return -errno;
    rc = sl__stream_on_socket(fd, &stream);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    rc = connect_stream(stream, where);
    if (rc < 0) {
        sl_stream_close(stream);
        return rc;
    }
    if (family != AF_UNIX)
        (void)sl_stream_set_nodelay(stream, true); /* slower, but it works */
    *out = stream;
    return 0;
}

/* Waits, and is a cancel point. */
static int connect_to(const sl_address *where, sl_stream **out)
{
    int rc = sl__wait_begin();

    return rc < 0 ? rc : connect_new_socket(where, out);
}

typedef struct race race;

typedef struct runner {
    race *race;
    const sl_address *where;
    sl_event *before; /* set when the one before has failed; NULL: first */
    sl_event failed;
} runner;

struct race {
    sl_group group;
    sl_stream *winner;
    int rc; /* of the first address that failed */
};

static int wait_for_start(sl_event *before)
{
    sl_scope head_start;
    int rc;

    if (before == NULL)
        return 0;
    sl_timeout_open(&head_start, HEAD_START);
    rc = sl_scope_close(&head_start, sl_event_wait(before));
    return rc == SL_ETIMEDOUT ? 0 : rc;
}

/* Returns 0 also when it lost: only together have they failed. */
static int run_for_it(void *arg)
{
    runner *runner = arg;
    race *race = runner->race;
    sl_stream *stream;
    int rc = wait_for_start(runner->before);

    if (rc == 0)
        rc = connect_to(runner->where, &stream);
    if (rc < 0) {
        if (rc != SL_ECANCELED && race->rc == 0)
            race->rc = rc;
        sl_event_set(&runner->failed);
        return rc == SL_ECANCELED ? rc : 0;
    }
    if (race->winner != NULL) {
        sl_stream_close(stream);
        return 0;
    }
    race->winner = stream;
    sl_group_cancel(&race->group);
    return 0;
}

static int race_for(sl_address *addresses, int count, sl_stream **out)
{
    runner *runners = calloc((size_t)count, sizeof *runners);
    race race = { .winner = NULL };
    int rc;

    if (runners == NULL)
        return -ENOMEM;
    sl_group_open(&race.group);
    for (int i = 0; i < count; i++) {
        runners[i] = (runner){
            .race = &race,
            .where = &addresses[i],
            .before = i > 0 ? &runners[i - 1].failed : NULL,
        };
        sl_group_spawn(&race.group, run_for_it, &runners[i]);
    }
    rc = sl_group_close(&race.group);
    free(runners);
    if (race.winner != NULL) { /* whatever happened afterwards */
        *out = race.winner;
        return 0;
    }
    return rc < 0 ? rc : race.rc;
}

/* Take turns between the families, beginning with the one that the system puts
 * first, else in the given order. */
static void take_turns(sl_address *list, int count)
{
    for (int i = 1; i < count; i++) {
        int family = list[i - 1].where.ss_family, j = i;
        sl_address other;

        while (j < count && list[j].where.ss_family == family)
            j++;
        if (j == count)
            return;
        other = list[j];
        memmove(&list[i + 1], &list[i], (size_t)(j - i) * sizeof *list);
        list[i] = other;
    }
}

int sl_tcp_connect(const char *host, int port, sl_stream **out)
{
    sl_given(host);
    sl_given(out);

    sl_addresses *found;
    int rc = sl_lookup(host, port, &found);

    if (rc < 0)
        return rc;
    take_turns(found->list, found->count);
    if (found->count == 1)
        rc = connect_to(&found->list[0], out);
    else
        rc = race_for(found->list, found->count, out);
    sl_addresses_free(found);
    return sl__about_peer(host, port, rc);
}

/* How long to wait for a place in a full backlog, the first time and at most:
 * the kernel does not say when there is one. */
#define BACKLOG_PAUSE SL_MS(1)
#define BACKLOG_PAUSE_MAX SL_MS(50)

int sl_unix_connect(const char *path, sl_stream **out)
{
    sl_given(path);
    sl_given(out);

    sl_time pause = BACKLOG_PAUSE;
    sl_address where;
    int rc = sl_address_unix(path, &where);

    if (rc < 0)
        return sl__about(path, rc);
    while ((rc = connect_to(&where, out)) == -EINPROGRESS) {
        rc = sl_sleep(pause);
        if (rc < 0)
            return rc;
        pause = pause < BACKLOG_PAUSE_MAX / 2 ? 2 * pause : BACKLOG_PAUSE_MAX;
    }
    return sl__about(path, rc);
}
