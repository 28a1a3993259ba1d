/* udp.h: datagrams. Each arrives whole or not at all, once or more often, in
 * any order. */
#ifndef STARLING_UDP_H
#define STARLING_UDP_H

#include <stddef.h>
#include <sys/types.h>

#include <starling/address.h>
#include <starling/api.h>

SL_BEGIN

typedef struct sl_udp sl_udp;

/* Open a socket on a numeric address; port 0 takes a free one. Returns 0,
 * -EINVAL, -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EMFILE, -ENOMEM. */
SL_API int sl_udp_open(const char *address, int port, sl_udp **out);

/* Exchange datagrams with one peer only. Its refusals then show as
 * -ECONNREFUSED in a later call. Never waits. */
SL_API int sl_udp_connect(sl_udp *udp, const sl_address *peer);

/* Send one datagram, to the connected peer for `to` NULL. Waits only while the
 * kernel's queue is full. Returns 0; -EMSGSIZE (too big for a datagram),
 * -EDESTADDRREQ (no peer), SL_ECANCELED (it was not sent), ... */
SL_API SL_WAITS int sl_udp_send_to(sl_udp *udp, const sl_address *to,
                                   const void *data, size_t size);

/* Wait for a datagram; *from (may be NULL) is who sent it. Returns its size,
 * which may be 0; if that is more than `size`, the rest is lost. A cancelled
 * wait has taken none. Several tasks may wait; the oldest gets the next. */
SL_API SL_WAITS ssize_t sl_udp_recv_from(sl_udp *udp, void *data, size_t size,
                                         sl_address *from);

/* Where it is bound. */
SL_API int sl_udp_local(const sl_udp *udp, sl_address *out);

/* Close and free; tasks that wait get SL_ECLOSED. Never waits. */
SL_API void sl_udp_close(sl_udp *udp);

SL_END

#endif
