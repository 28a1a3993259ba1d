/* Addresses: numbers and paths to and from words. */
#include <starling/address.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include <starling/error.h>

#include "base/given.h"
#include "io/address.h"
#include "sched/uv.h"

int sl_address_parse(const char *text, int port, sl_address *out)
{
    sl_given(text);
    sl_given(out);

    sl_address address = { .size = 0 };

    if (port < 0 || port > 65535)
        return -EINVAL;
    if (uv_ip4_addr(text, port, (struct sockaddr_in *)&address.where) == 0)
        address.size = sizeof(struct sockaddr_in);
    else if (uv_ip6_addr(text, port, (struct sockaddr_in6 *)&address.where) ==
             0)
        address.size = sizeof(struct sockaddr_in6);
    else
        return -EINVAL;
    *out = address;
    return 0;
}

int sl__address_given(const char *text, int port, sl_address *out)
{
    int rc = sl_address_parse(text, port, out);

    return rc < 0 ? sl_fail(rc, "%s:%d is no numeric address with a port", text,
                            port)
                  : 0;
}

int sl_address_unix(const char *path, sl_address *out)
{
    sl_given(path);
    sl_given(out);

    sl_address address = { .size = 0 };
    struct sockaddr_un *un = (struct sockaddr_un *)&address.where;
    size_t length = strlen(path);
    bool is_abstract = path[0] == '@';

    if (length == 0 || (is_abstract && length == 1))
        return -EINVAL;
    if (length >= sizeof un->sun_path)
        return -ENAMETOOLONG;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, length);
    if (is_abstract)
        un->sun_path[0] = '\0';
    /* An abstract name counts every byte and has no end of its own. */
    address.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length +
                               !is_abstract);
    *out = address;
    return 0;
}

int sl_address_port(const sl_address *address)
{
    sl_given(address);

    const struct sockaddr_storage *where = &address->where;

    if (where->ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)where)->sin_port);
    if (where->ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)where)->sin6_port);
    return 0;
}

void sl__address_set_port(sl_address *address, int port)
{
    struct sockaddr_storage *where = &address->where;

    if (where->ss_family == AF_INET)
        ((struct sockaddr_in *)where)->sin_port = htons((uint16_t)port);
    else if (where->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)where)->sin6_port = htons((uint16_t)port);
}

static void format_unix(const sl_address *address, char *text, size_t size)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&address->where;
    size_t head = offsetof(struct sockaddr_un, sun_path);
    int length = address->size > head ? (int)(address->size - head) : 0;

    if (length > 0 && un->sun_path[0] == '\0')
        snprintf(text, size, "@%.*s", length - 1, un->sun_path + 1);
    else
        snprintf(text, size, "%.*s", length, un->sun_path);
}

const char *sl_address_format(const sl_address *address, char *text,
                              size_t size)
{
    sl_given(address);
    sl_given_bytes(text, size);

    char host[INET6_ADDRSTRLEN] = "?";
    const struct sockaddr_storage *where = &address->where;

    switch (where->ss_family) {
    case AF_INET:
        uv_ip4_name((const struct sockaddr_in *)where, host, sizeof host);
        snprintf(text, size, "%s:%d", host, sl_address_port(address));
        break;
    case AF_INET6:
        uv_ip6_name((const struct sockaddr_in6 *)where, host, sizeof host);
        snprintf(text, size, "[%s]:%d", host, sl_address_port(address));
        break;
    case AF_UNIX:
        format_unix(address, text, size);
        break;
    default:
        snprintf(text, size, "?");
    }
    return text;
}

int sl_address_is_equal(const sl_address *one, const sl_address *other)
{
    sl_given(one);
    sl_given(other);
    return one->size == other->size &&
           memcmp(&one->where, &other->where, one->size) == 0;
}
