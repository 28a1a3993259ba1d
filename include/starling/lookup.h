/* lookup.h: from names to addresses. */
#ifndef STARLING_LOOKUP_H
#define STARLING_LOOKUP_H

#include <stdbool.h>

#include <starling/address.h>
#include <starling/api.h>

SL_BEGIN

typedef struct sl_addresses {
    int count;        /* at least 1 */
    sl_address *list; /* best first, as the system sorts them */
} sl_addresses;

/* Look a host up as the system does (hosts file, name servers), each address
 * with `port`. Numeric addresses are understood and take no time; names are
 * looked up on threads of the process, at most 16, that do nothing else: a name
 * server that is gone delays nothing but names. Tasks that ask for the same
 * name at the same time share one look-up; nothing is kept afterwards. A
 * cancelled wait leaves the look-up to the others.
 *
 * Free *out with sl_addresses_free(). Errors: -ENOENT (no such host), -EAGAIN
 * (no answer; later may be better), -EINVAL (no host name, or the port is not 0
 * to 65535), -ENOMEM, SL_ECANCELED. */
SL_API SL_WAITS int sl_lookup(const char *host, int port, sl_addresses **out);

/* The same for a service by name ("https") or number; -ENOENT if it is not
 * known as a TCP service. */
SL_API SL_WAITS int sl_lookup_service(const char *host, const char *service,
                                      sl_addresses **out);

/* Whether somebody has asked for the host and no thread was free for it so far:
 * others, whose name servers may be gone, are before it. A time limit that
 * means its own name server need not count that. Any thread may call it. */
SL_API bool sl_lookup_is_queued(const char *host);

SL_API void sl_addresses_free(sl_addresses *addresses);

SL_END

#endif
