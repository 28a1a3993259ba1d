/* address.h: where a socket is: an IPv4 or IPv6 address with a port, or the
 * path of a unix socket. */
#ifndef STARLING_ADDRESS_H
#define STARLING_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

#include <starling/api.h>

SL_BEGIN

typedef struct sl_address {
    struct sockaddr_storage where;
    socklen_t size; /* bytes of `where` that count */
} sl_address;

/* Enough for every address in words. */
enum { SL_ADDRESS_TEXT = 128 };

/* A numeric address: "127.0.0.1", "::1", "fe80::1%eth0". Returns 0, or -EINVAL
 * if `text` is no such thing or the port is not 0 to 65535. */
SL_API int sl_address_parse(const char *text, int port, sl_address *out);

/* The path of a unix socket; "@name" is in Linux's abstract name space, which
 * leaves no file. Returns 0, -EINVAL for "", or -ENAMETOOLONG beyond 107
 * bytes. */
SL_API int sl_address_unix(const char *path, sl_address *out);

/* The port; 0 for a unix socket. */
SL_API int sl_address_port(const sl_address *address);

/* The address in words, cut to `size` bytes: "127.0.0.1:80", "[::1]:80",
 * "/run/x.sock", "@name", "" for a unix socket without a name. Returns
 * `text`. */
SL_API const char *sl_address_format(const sl_address *address, char *text,
                                     size_t size);

/* Whether both mean the same place. */
SL_API int sl_address_is_equal(const sl_address *one, const sl_address *other);

SL_END

#endif
