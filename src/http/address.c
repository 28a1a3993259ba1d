/* Which addresses may be connected to.
 *
 * A list of URLs comes from people nobody vouches for, and so do redirects and
 * the answers of name servers. Without a policy each of them could point us at
 * the machine's own services, at the router, or at a cloud's metadata address
 * (169.254.169.254), and have us carry the answer out. So an address is judged
 * when it is about to be connected to, and everything that is not an ordinary
 * public address is refused.
 *
 * IPv4 is written as ::ffff:a.b.c.d throughout, so that one comparison serves
 * both families and "::ffff:127.0.0.1" cannot be told from 127.0.0.1: the
 * kernel does not tell them apart either. Other IPv6 forms that carry an IPv4
 * address inside end at that address, too, by way of a translator, and are
 * judged by what they carry.
 */
#include "http/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *kind;
    unsigned char prefix[16];
    unsigned char bits;
} range;

/* The IANA registries of special-purpose addresses, as far as they are not
 * global; of what is global in 192.0.0.0/24 and 2001::/23 nothing serves
 * pictures. */
#define V4(a, b, c)                                                            \
    {                                                                          \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c                      \
    }

static const range refused_v4[] = {
    { "unspecified", V4(0, 0, 0), 96 + 8 },
    { "private", V4(10, 0, 0), 96 + 8 },
    { "carrier NAT", V4(100, 64, 0), 96 + 10 },
    { "loopback", V4(127, 0, 0), 96 + 8 },
    { "link-local", V4(169, 254, 0), 96 + 16 },
    /* Looks public; Azure has its machines' settings there. */
    { "metadata", { [10] = 0xff, [11] = 0xff, 168, 63, 129, 16 }, 128 },
    { "private", V4(172, 16, 0), 96 + 12 },
    { "reserved", V4(192, 0, 0), 96 + 24 },
    { "documentation", V4(192, 0, 2), 96 + 24 },
    { "reserved", V4(192, 88, 99), 96 + 24 }, /* 6to4 relays, withdrawn */
    { "private", V4(192, 168, 0), 96 + 16 },
    { "benchmark", V4(198, 18, 0), 96 + 15 },
    { "documentation", V4(198, 51, 100), 96 + 24 },
    { "documentation", V4(203, 0, 113), 96 + 24 },
    { "multicast", V4(224, 0, 0), 96 + 4 },
    { "reserved", V4(240, 0, 0), 96 + 4 }, /* with 255.255.255.255 */
};

static const range refused_v6[] = {
    { "unspecified", { 0 }, 128 },
    { "loopback", { [15] = 1 }, 128 },
    { "embedded IPv4", { 0 }, 96 }, /* IPv4-compatible, withdrawn */
    { "local translation", { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48 },
    { "private", { 0xfc }, 7 },
    { "link-local", { 0xfe, 0x80 }, 10 },
    { "private", { 0xfe, 0xc0 }, 10 }, /* site-local, withdrawn */
    { "multicast", { 0xff }, 8 },
    { "reserved", { 0x20, 0x01, 0 }, 23 }, /* Teredo, ORCHID, benchmarks */
    { "documentation", { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
    { "documentation", { 0x3f, 0xff, 0 }, 20 },
};

static const unsigned char v4_prefix[16] = { [10] = 0xff, [11] = 0xff };
static const unsigned char global_v6[16] = { 0x20 }; /* 2000::/3 */
static const unsigned char six_to_four[16] = { 0x20, 0x02 };
static const unsigned char nat64[16] = { 0, 0x64, 0xff, 0x9b };

static bool is_within(const unsigned char address[16],
                      const unsigned char prefix[16], int bits)
{
    int whole = bits / 8;
    unsigned char rest = (unsigned char)(0xff00 >> (bits % 8));

    return memcmp(address, prefix, (size_t)whole) == 0 &&
           (rest == 0 || ((address[whole] ^ prefix[whole]) & rest) == 0);
}

static const char *find_range(const unsigned char address[16],
                              const range ranges[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_within(address, ranges[i].prefix, ranges[i].bits))
            return ranges[i].kind;
    return NULL;
}

static const char *kind_of_v4(const unsigned char address[16])
{
    return find_range(address, refused_v4,
                      sizeof refused_v4 / sizeof refused_v4[0]);
}

static const char *kind_of_carried(const unsigned char v4[4])
{
    unsigned char address[16];

    memcpy(address, v4_prefix, 12);
    memcpy(address + 12, v4, 4);
    return kind_of_v4(address) ? "embedded IPv4" : NULL;
}

/* ISATAP puts an IPv4 address after 0:5efe or 200:5efe, below any prefix. */
static bool is_isatap(const unsigned char address[16])
{
    return (address[8] & 0xfd) == 0 && address[9] == 0 && address[10] == 0x5e &&
           address[11] == 0xfe;
}

static const char *kind_of_v6(const unsigned char address[16])
{
    const char *kind = find_range(address, refused_v6,
                                  sizeof refused_v6 / sizeof refused_v6[0]);

    if (kind != NULL)
        return kind;
    if (is_within(address, nat64, 96))
        return kind_of_carried(address + 12);
    if (is_within(address, six_to_four, 16))
        return kind_of_carried(address + 2);
    if (!is_within(address, global_v6, 3))
        return "reserved";
    return is_isatap(address) ? kind_of_carried(address + 12) : NULL;
}

static bool to_bytes(const struct sockaddr *address, unsigned char out[16])
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;

        memcpy(out, v4_prefix, 12);
        memcpy(out + 12, &v4->sin_addr, 4);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        memcpy(out,
               &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
               16);
        return true;
    }
    return false;
}

const char *sl__address_article(const char *kind)
{
    return strchr("aeiou", kind[0]) != NULL ? "an" : "a";
}

const char *sl__policy_refusal(const sl__policy *policy,
                               const struct sockaddr *address)
{
    unsigned char bytes[16];

    if (!to_bytes(address, bytes))
        return "not an internet address";
    if (policy->allow_all)
        return NULL;
    for (int i = 0; i < policy->count; i++)
        if (is_within(bytes, policy->allowed[i].prefix,
                      policy->allowed[i].bits))
            return NULL;
    return is_within(bytes, v4_prefix, 96) ? kind_of_v4(bytes)
                                           : kind_of_v6(bytes);
}

bool sl__address_parse(const char *text, sl__address *out)
{
    char inner[SL__ADDRESS_TEXT_MAX];
    size_t size = strlen(text);

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        return true;
    }
    if (text[0] == '[' && size > 2 && text[size - 1] == ']') {
        text++;
        size -= 2;
    }
    if (size >= sizeof inner)
        return false;
    memcpy(inner, text, size);
    inner[size] = '\0';
    if (inet_pton(AF_INET6, inner, &out->v6.sin6_addr) != 1)
        return false;
    out->v6.sin6_family = AF_INET6;
    return true;
}

const char *sl__address_text(const struct sockaddr *address,
                             char text[SL__ADDRESS_TEXT_MAX])
{
    unsigned char bytes[16];

    strcpy(text, "?");
    if (!to_bytes(address, bytes))
        return text;
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, bytes + 12, text, SL__ADDRESS_TEXT_MAX);
    else
        inet_ntop(AF_INET6, bytes, text, SL__ADDRESS_TEXT_MAX);
    return text;
}

/* "/24" to bits of an address of at most `most` bits; -1 if it is no number
 * in range. */
static int parse_bits(const char *text, int most)
{
    int bits = 0;

    if (*text == '\0' || strlen(text) > 3)
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        bits = bits * 10 + (*text - '0');
    }
    return bits <= most ? bits : -1;
}

static bool parse_network(const char *text, size_t size, sl__network *out)
{
    char copy[64], *slash;
    sl__address address;
    int width, bits;

    if (size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    slash = strchr(copy, '/');
    if (slash != NULL)
        *slash = '\0';
    if (!sl__address_parse(copy, &address))
        return false;

    width = address.sa.sa_family == AF_INET ? 32 : 128;
    bits = slash != NULL ? parse_bits(slash + 1, width) : width;
    if (bits < 0)
        return false;
    to_bytes(&address.sa, out->prefix);
    out->bits = 128 - width + bits;
    return true;
}

static const char separators[] = ", \t\r\n";

int sl__policy_init(sl__policy *policy, bool allow_all, const char *networks,
                    const char **wrong)
{
    const char *at = networks != NULL ? networks : "";

    *policy = (sl__policy){ .allow_all = allow_all };
    while (*(at += strspn(at, separators)) != '\0') {
        size_t size = strcspn(at, separators);
        sl__network *more =
            realloc(policy->allowed,
                    ((size_t)policy->count + 1) * sizeof *policy->allowed);

        if (more == NULL) {
            sl__policy_fini(policy);
            return -ENOMEM;
        }
        policy->allowed = more;
        if (!parse_network(at, size, &more[policy->count])) {
            sl__policy_fini(policy);
            *wrong = at;
            return -EINVAL;
        }
        policy->count++;
        at += size;
    }
    return 0;
}

void sl__policy_fini(sl__policy *policy)
{
    free(policy->allowed);
    *policy = (sl__policy){ 0 };
}
