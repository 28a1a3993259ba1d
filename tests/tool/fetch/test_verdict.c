/* Which failures are worth another attempt, and what they are called. */
#include "support/test.h"

#include <errno.h>

#include <starling/error.h>

#include "fetch/verdict.h"

TEST(fetch_knows_what_asking_again_can_help_against)
{
    static const int yes[] = { SL_ETIMEDOUT, SL_EINCOMPLETE, -ECONNREFUSED,
                               -ECONNRESET,  -EHOSTUNREACH,  -ENETUNREACH,
                               -EAGAIN,      -EMFILE };
    static const int no[] = { -EPERM, -EKEYREJECTED, -EPROTO, -EFBIG,
                              -ELOOP, -ENOENT,       -EINVAL, SL_ECANCELED };
    const sl_http_response none = { .retry_after = -1 };

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        CHECK(verdict_may_retry(yes[i], &none));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        CHECK(!verdict_may_retry(no[i], &none));
}

static void check_class(int rc, const char *stage, const char *class_name)
{
    const sl_http_response response = { .stage = stage };
    fetch_result result = { 0 };

    CHECK_EQ(verdict_write(rc, &response, &result), rc);
    CHECK_STR(result.class_name, class_name);
    CHECK(result.reason[0] != '\0');
}

TEST(fetch_puts_each_failure_into_its_class)
{
    check_class(-ENOENT, "dns", "dns");
    check_class(-EAGAIN, "dns", "dns");
    check_class(SL_ETIMEDOUT, "dns", "dns");
    check_class(-ECONNREFUSED, "connect", "connect");
    check_class(SL_ETIMEDOUT, "connect", "timeout");
    check_class(SL_ETIMEDOUT, "body", "timeout");
    check_class(-EKEYREJECTED, "tls", "tls");
    check_class(-EPERM, "address", "refused-address");
    check_class(-ELOOP, "redirect", "redirect");
    check_class(-EPROTO, "redirect", "redirect");
    check_class(-EPROTO, "body", "network");
    check_class(-ECONNRESET, "request", "network");
    check_class(SL_EINCOMPLETE, "request", "network");
    check_class(SL_EINCOMPLETE, "body", "truncated");
    check_class(-EFBIG, "body", "too-large");
    check_class(-EINVAL, "request", "bad-url");
    check_class(-EINVAL, "tls", "tls");
    check_class(-ECONNRESET, "tls", "tls");
}
