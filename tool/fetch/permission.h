/* permission.h: whether a server lets programs fetch something. */
#ifndef TOOL_FETCH_PERMISSION_H
#define TOOL_FETCH_PERMISSION_H

#include "fetch/fetcher.h"

/* Look whether `host` lets us fetch `url`, and ask it if that is not known: to
 * be called with a turn. Returns 0; -EACCES if it does not; -EBUSY if it
 * cannot say now and has been put off; -EREMOTEIO if it could not, time and
 * again, which means no until it can; SL_ECANCELED, -ENOMEM; or what was
 * wrong on the way, with *response and sl_errmsg() as of sl_http_get(). */
SL_WAITS int permission_get(fetcher *fetcher, host *host, const char *url,
                            sl_http_response *response);

/* Bytes that it keeps; NULL keeps none. */
size_t permission_size(const struct permission *permission);

void permission_free(struct permission *permission);

#endif
