/* One form for all: what it was about, a colon, why. */
#include "io/failure.h"

#include <string.h>

#include <starling/error.h>

int sl__about(const char *subject, int rc)
{
    if (rc >= 0 || rc == SL_ECANCELED)
        return rc;
    return sl_fail(rc, "%s: %s", subject, sl_strerror(rc));
}

int sl__about_peer(const char *host, int port, int rc)
{
    if (rc >= 0 || rc == SL_ECANCELED)
        return rc;
    return sl_fail(rc, strchr(host, ':') != NULL ? "[%s]:%d: %s" : "%s:%d: %s",
                   host, port, sl_strerror(rc));
}
