/* credentials.h: whether a certificate and a key of the user's go together. */
#ifndef TOOL_FETCH_CREDENTIALS_H
#define TOOL_FETCH_CREDENTIALS_H

#include <starling/http.h>

/* Look into the client's certificate and key, if there are any. The client has
 * been opened with them, so both can be read, and the key wants no passphrase.
 * Returns 0, -ENOMEM, or -EINVAL with words in sl_errmsg(). May block for the
 * files. */
int credentials_check(const sl_http_client_options *options);

#endif
