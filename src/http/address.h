/* address.h: which addresses may be connected to. */
#ifndef SL_HTTP_ADDRESS_H
#define SL_HTTP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 address with a port, small enough to keep many. */
typedef union sl__address {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} sl__address;

enum { SL__ADDRESSES_MAX = 16 }; /* kept of a name; more are not needed */

typedef struct sl__addresses {
    int count;
    sl__address list[SL__ADDRESSES_MAX]; /* best first, as the system sorts */
} sl__addresses;

typedef struct sl__network {
    unsigned char prefix[16]; /* IPv4 as ::ffff:a.b.c.d */
    int bits;
} sl__network;

typedef struct sl__policy {
    bool allow_all;
    int count;
    sl__network *allowed;
} sl__policy;

/* `networks` are addresses and CIDRs, separated by commas or blanks; may be
 * NULL. Returns 0, -ENOMEM, or -EINVAL, and then *wrong is the part that is
 * no network (it ends at a comma or blank). Release with sl__policy_fini(). */
int sl__policy_init(sl__policy *policy, bool allow_all, const char *networks,
                    const char **wrong);
void sl__policy_fini(sl__policy *policy);

/* "a" or "an", for what that is. */
const char *sl__address_article(const char *kind);

/* NULL if the policy lets us connect there; else what kind of address it is,
 * in words: "loopback", "private", "link-local" ... Any thread. */
const char *sl__policy_refusal(const sl__policy *policy,
                               const struct sockaddr *address);

enum { SL__ADDRESS_TEXT_MAX = INET6_ADDRSTRLEN };

/* "127.0.0.1", "2001:db8::1", without port. Returns `text`. */
const char *sl__address_text(const struct sockaddr *address,
                             char text[SL__ADDRESS_TEXT_MAX]);

/* Read a numeric address, IPv6 with or without brackets. False if it is not
 * one. */
bool sl__address_parse(const char *text, sl__address *out);

#endif
