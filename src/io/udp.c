/* Datagrams: attempts on a descriptor, as in native_stream.c. */
#include <starling/udp.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <starling/error.h>

#include "base/given.h"
#include "base/list.h"
#include "io/address.h"
#include "io/descriptor.h"
#include "io/failure.h"

struct sl_udp {
    sl__descriptor descriptor;
};

typedef struct datagram {
    sl__attempt attempt;
    const sl_address *to;
    sl_address *from;
    void *data;
    size_t size;
} datagram;

static void on_released(sl__descriptor *descriptor)
{
    sl__release(sl__container_of(descriptor, sl_udp, descriptor));
}

static int make(int fd, sl_udp **out)
{
    sl_udp *udp = malloc(sizeof *udp);
    int rc;

    if (udp == NULL)
        return -ENOMEM;
    rc = sl__descriptor_open(&udp->descriptor, fd, on_released);
    if (rc < 0) {
        free(udp);
        return rc;
    }
    *out = udp;
    return 0;
}

static int open_at(const sl_address *where, sl_udp **out)
{
    int fd = socket(where->where.ss_family,
                    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = 0;

    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&where->where, where->size) < 0)
        rc = -errno;
    if (rc == 0)
        rc = make(fd, out);
    if (rc < 0)
        close(fd);
    return rc;
}

int sl_udp_open(const char *address, int port, sl_udp **out)
{
    sl_given(address);
    sl_given(out);

    sl_address where;
    int rc = sl__address_given(address, port, &where);

    return rc < 0 ? rc : sl__about_peer(address, port, open_at(&where, out));
}

int sl_udp_connect(sl_udp *udp, const sl_address *peer)
{
    sl_given(udp);
    sl_given(peer);
    return connect(udp->descriptor.fd, (const struct sockaddr *)&peer->where,
                   peer->size) < 0
               ? -errno
               : 0;
}

static int run_send(sl__attempt *attempt, int fd)
{
    datagram *out = sl__container_of(attempt, datagram, attempt);
    const sl_address *to = out->to;
    ssize_t n;

    do {
        n = sendto(fd, out->data, out->size, MSG_DONTWAIT | MSG_NOSIGNAL,
                   to != NULL ? (const struct sockaddr *)&to->where : NULL,
                   to != NULL ? to->size : 0);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

int sl_udp_send_to(sl_udp *udp, const sl_address *to, const void *data,
                   size_t size)
{
    sl_given(udp);
    sl_given_bytes(data, size);

    datagram out = {
        .attempt = { .waiter = { .what = "room for a datagram", .on = udp },
                     .run = run_send },
        .to = to,
        .data = (void *)(uintptr_t)data, /* only read */
        .size = size,
    };
    int rc = sl__wait_begin();

    return rc < 0 ? rc
                  : sl__descriptor_do(&udp->descriptor, SL__OUT, &out.attempt);
}

static int run_recv(sl__attempt *attempt, int fd)
{
    datagram *in = sl__container_of(attempt, datagram, attempt);
    sl_address from = { .size = sizeof from.where };
    ssize_t n;

    do {
        /* MSG_TRUNC: tell the size that it has, not the size that fits. */
        n = recvfrom(fd, in->data, in->size, MSG_DONTWAIT | MSG_TRUNC,
                     (struct sockaddr *)&from.where, &from.size);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (in->from != NULL)
        *in->from = from;
    return (int)n;
}

ssize_t sl_udp_recv_from(sl_udp *udp, void *data, size_t size, sl_address *from)
{
    sl_given(udp);
    sl_given_bytes(data, size);

    datagram in = {
        .attempt = { .waiter = { .what = "a datagram", .on = udp },
                     .run = run_recv },
        .from = from,
        .data = data,
        .size = size,
    };
    int rc = sl__wait_begin();

    return rc < 0 ? rc
                  : sl__descriptor_do(&udp->descriptor, SL__IN, &in.attempt);
}

int sl_udp_local(const sl_udp *udp, sl_address *out)
{
    sl_given(udp);
    sl_given(out);

    sl_address address = { .size = sizeof address.where };

    if (getsockname(udp->descriptor.fd, (struct sockaddr *)&address.where,
                    &address.size) < 0)
        return -errno;
    *out = address;
    return 0;
}

void sl_udp_close(sl_udp *udp)
{
    if (udp == NULL)
        return;
    sl_given(udp);
    sl__retire(udp);
    sl__descriptor_close(&udp->descriptor);
}
