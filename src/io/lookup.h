/* lookup.h: how tests see look-ups. */
#ifndef SL_IO_LOOKUP_H
#define SL_IO_LOOKUP_H

#include <starling/lookup.h>

/* NULL without memory. */
sl_addresses *sl__addresses_new(int count);

/* What runs on the thread: 0 and the addresses, to be freed, or an error. */
typedef int sl__resolver(const char *host, const char *service,
                         sl_addresses **out);

/* Have names resolved by `resolver`; NULL: by the system. */
void sl__lookup_use(sl__resolver *resolver);

#endif
