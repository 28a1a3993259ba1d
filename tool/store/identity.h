/* identity.h: when two URLs are one item. Private to the store. */
#ifndef TOOL_STORE_IDENTITY_H
#define TOOL_STORE_IDENTITY_H

#include <stdint.h>

enum { IDENTITY_SIZE = 33 }; /* 128 bits in hexadecimal, and the NUL */

/* The digest of a URL (scheme and host without case, default port and fragment
 * dropped, "/" for no path) or of a path, as it is. 0 or -ENOMEM. */
int identity_of_url(const char *url, int64_t salt, char out[IDENTITY_SIZE]);

#endif
