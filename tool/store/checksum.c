/* The digests are OpenSSL's. The kinds are those that lists on the net have;
 * md5 and sha1 say that nothing was damaged, not that nobody meddled.
 */
#include "store/checksum.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

static const struct {
    const char *name;
    size_t digits;
} kinds[] = {
    { "md5", 32 }, { "sha1", 40 }, { "sha256", 64 }, { "sha512", 128 }
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* The kind that the first n bytes name, or that has so many digits; KINDS:
 * none. */
static size_t find_kind(const char *name, size_t n, size_t digits)
{
    size_t i = 0;

    while (i < KINDS && (kinds[i].digits != digits ||
                         (n > 0 && (strlen(kinds[i].name) != n ||
                                    strncasecmp(kinds[i].name, name, n) != 0))))
        i++;
    return i;
}

int checksum_normalise(const char *written, char out[CHECKSUM_MAX])
{
    size_t n = strcspn(written, "=:");
    bool is_named = written[n] != '\0';
    const char *hex = is_named ? written + n + 1 : written;
    size_t digits = strspn(hex, "0123456789abcdefABCDEF");
    size_t kind = find_kind(written, is_named ? n : 0, digits);
    char *end;

    if (hex[digits] != '\0' || kind == KINDS || (is_named && n == 0))
        return -EINVAL;
    end = out + sprintf(out, "%s:", kinds[kind].name);
    for (; *hex != '\0'; hex++)
        *end++ = (char)tolower((unsigned char)*hex);
    *end = '\0';
    return 0;
}

int checksum_compute(const char *wanted, const void *data, size_t size,
                     char out[CHECKSUM_MAX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    char name[16];
    char *end = out;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(wanted, ":"), wanted);
    EVP_MD *kind = EVP_MD_fetch(NULL, name, NULL);

    if (kind == NULL)
        return -ENOTSUP;
    int done = EVP_Digest(data, size, digest, &length, kind, NULL);

    EVP_MD_free(kind);
    if (done != 1)
        return -ENOTSUP;
    end += sprintf(end, "%s:", name);
    for (unsigned i = 0; i < length && i < 64; i++)
        end += sprintf(end, "%02x", digest[i]);
    return 0;
}
