/* identity.h: who the client says it is, and whom it trusts. */
#ifndef SL_HTTP_IDENTITY_H
#define SL_HTTP_IDENTITY_H

#include <stdbool.h>

#include <starling/http.h>

typedef struct sl__identity {
    char *user_agent;
    char *ca_file, *client_cert, *client_key, *netrc;
    bool insecure, http2;
} sl__identity;

/* Copy what the options say, and look whether the files hold what they are to
 * hold: told now, once, and not by each request. Returns 0, -ENOMEM, or -EINVAL
 * with words. Release with sl__identity_fini() in every case. */
int sl__identity_init(sl__identity *to, const sl_http_client_options *from);
void sl__identity_fini(sl__identity *identity);

#endif
