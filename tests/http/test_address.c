/* Which addresses are refused. Nothing here connects. */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>

#include "http/address.h"

static const char *kind(const sl__policy *policy, const char *text)
{
    sl__address address;

    if (!sl__address_parse(text, &address))
        test_fail(__FILE__, __LINE__, "%s is not parsed", text);
    return sl__policy_refusal(policy, &address.sa);
}

static void check_kinds(const char *const table[][2], size_t count)
{
    sl__policy policy = { 0 };

    for (size_t i = 0; i < count; i++) {
        const char *is = kind(&policy, table[i][0]);

        if ((is == NULL) != (table[i][1] == NULL) ||
            (is != NULL && strcmp(is, table[i][1]) != 0))
            test_fail(__FILE__, __LINE__, "%s is %s, expected %s", table[i][0],
                      is ? is : "allowed", table[i][1] ? table[i][1] : "-");
    }
}

#define CHECK_KINDS(table) check_kinds(table, sizeof table / sizeof table[0])

TEST(kinds_of_addresses_have_their_articles)
{
    CHECK_STR(sl__address_article("private"), "a");
    CHECK_STR(sl__address_article("embedded IPv4"), "an");
}

TEST(policy_refuses_special_ipv4_up_to_the_last_address)
{
    static const char *const table[][2] = {
        { "0.0.0.0", "unspecified" },
        { "0.255.255.255", "unspecified" },
        { "1.0.0.0", NULL },
        { "9.255.255.255", NULL },
        { "10.0.0.0", "private" },
        { "10.255.255.255", "private" },
        { "11.0.0.0", NULL },
        { "100.63.255.255", NULL },
        { "100.64.0.0", "carrier NAT" },
        { "100.127.255.255", "carrier NAT" },
        { "100.128.0.0", NULL },
        { "126.255.255.255", NULL },
        { "127.0.0.1", "loopback" },
        { "127.255.255.255", "loopback" },
        { "128.0.0.0", NULL },
        { "169.253.255.255", NULL },
        { "169.254.169.254", "link-local" },
        { "168.63.129.15", NULL },
        { "168.63.129.16", "metadata" },
        { "168.63.129.17", NULL },
        { "169.255.0.0", NULL },
        { "172.15.255.255", NULL },
        { "172.16.0.0", "private" },
        { "172.31.255.255", "private" },
        { "172.32.0.0", NULL },
        { "192.0.0.1", "reserved" },
        { "192.0.1.0", NULL },
        { "192.0.2.255", "documentation" },
        { "192.88.99.1", "reserved" },
        { "192.167.255.255", NULL },
        { "192.168.0.0", "private" },
        { "192.169.0.0", NULL },
        { "198.17.255.255", NULL },
        { "198.18.0.0", "benchmark" },
        { "198.19.255.255", "benchmark" },
        { "198.20.0.0", NULL },
        { "198.51.100.7", "documentation" },
        { "203.0.113.7", "documentation" },
        { "223.255.255.255", NULL },
        { "224.0.0.1", "multicast" },
        { "239.255.255.255", "multicast" },
        { "240.0.0.0", "reserved" },
        { "255.255.255.255", "reserved" },
    };

    CHECK_KINDS(table);
}

TEST(policy_refuses_special_ipv6)
{
    static const char *const table[][2] = {
        { "::", "unspecified" },
        { "::1", "loopback" },
        { "[::1]", "loopback" },
        { "100::1", "reserved" },
        { "fc00::1", "private" },
        { "fdff:ffff::1", "private" },
        { "fe80::1", "link-local" },
        { "febf::1", "link-local" },
        { "fec0::1", "private" },
        { "ff02::1", "multicast" },
        { "2001:db8::1", "documentation" },
        { "2001:db7::1", NULL },
        { "3fff::1", "documentation" },
        { "2001::1", "reserved" },
        { "2001:1ff::1", "reserved" },
        { "2001:200::1", NULL },
        { "2a00:1450:4001::1", NULL },
        { "3ffe::1", NULL },
        { "4000::1", "reserved" },
        { "5f00::1", "reserved" },
    };

    CHECK_KINDS(table);
}

TEST(policy_sees_through_ipv6_forms_that_carry_ipv4)
{
    static const char *const table[][2] = {
        { "::ffff:127.0.0.1", "loopback" },
        { "::ffff:169.254.169.254", "link-local" },
        { "::ffff:8.8.8.8", NULL },
        { "::127.0.0.1", "embedded IPv4" },
        { "::8.8.8.8", "embedded IPv4" },
        { "2002:7f00:1::", "embedded IPv4" },
        { "2002:a00:1::1", "embedded IPv4" },
        { "2002:808:808::1", NULL },
        { "64:ff9b::127.0.0.1", "embedded IPv4" },
        { "64:ff9b::10.0.0.1", "embedded IPv4" },
        { "64:ff9b::8.8.8.8", NULL },
        { "64:ff9b:1::8.8.8.8", "local translation" },
        { "64:ff9b:2::8.8.8.8", "reserved" },
        { "2001:0:4136:e378:8000:63bf:3fff:fdd2", "reserved" },
        { "2a00::5efe:127.0.0.1", "embedded IPv4" },
        { "2a00::200:5efe:10.0.0.1", "embedded IPv4" },
        { "2a00::5efe:8.8.8.8", NULL },
    };

    CHECK_KINDS(table);
}

TEST(policy_allows_what_is_listed_and_nothing_beside_it)
{
    sl__policy policy;
    const char *wrong = NULL;

    CHECK_EQ(sl__policy_init(&policy, false,
                             "127.0.0.0/30, 10.1.2.3\tfd00::/16 ,[::1]",
                             &wrong),
             0);
    CHECK_EQ(policy.count, 4);
    CHECK(kind(&policy, "127.0.0.1") == NULL);
    CHECK(kind(&policy, "127.0.0.3") == NULL);
    CHECK(kind(&policy, "::ffff:127.0.0.2") == NULL);
    CHECK_STR(kind(&policy, "127.0.0.4"), "loopback");
    CHECK(kind(&policy, "10.1.2.3") == NULL);
    CHECK_STR(kind(&policy, "10.1.2.2"), "private");
    CHECK(kind(&policy, "fd00:ffff::1") == NULL);
    CHECK_STR(kind(&policy, "fd01::1"), "private");
    CHECK(kind(&policy, "::1") == NULL);
    CHECK(kind(&policy, "1.1.1.1") == NULL);
    sl__policy_fini(&policy);
}

TEST(policy_that_allows_all_still_wants_an_internet_address)
{
    sl__policy policy;
    const char *wrong;
    struct sockaddr local = { .sa_family = AF_UNIX };

    CHECK_EQ(sl__policy_init(&policy, true, NULL, &wrong), 0);
    CHECK(kind(&policy, "127.0.0.1") == NULL);
    CHECK(kind(&policy, "ff02::1") == NULL);
    CHECK_STR(sl__policy_refusal(&policy, &local), "not an internet address");
    sl__policy_fini(&policy);
}

TEST(policy_names_the_part_of_a_list_that_is_wrong)
{
    static const char *const bad[] = {
        "1.2.3.4/33", "1.2.3/8", "::/129",     "1.2.3.4/",    "1.2.3.4/ 8",
        "host",       "/8",      "1.2.3.4/-1", "1.2.3.4/+08", "1.2.3.4/0x8",
    };
    sl__policy policy;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char list[64];
        const char *wrong = NULL;

        snprintf(list, sizeof list, "10.0.0.0/8,%s", bad[i]);
        if (sl__policy_init(&policy, false, list, &wrong) != -EINVAL)
            test_fail(__FILE__, __LINE__, "%s was accepted", bad[i]);
        CHECK(wrong == list + 11 || bad[i][8] == ' ');
    }
}
