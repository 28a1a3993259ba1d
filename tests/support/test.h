/* test.h: a test is a function named after the promise it keeps.
 *
 *     TEST(shm_cannot_be_shrunk_by_a_holder_of_the_descriptor)
 *     {
 *         CHECK_EQ(ftruncate(shm.fd, 1), -1);
 *     }
 *
 * It registers itself, runs in a process of its own with a time limit of ten
 * seconds, several times that where the machine is busy (TEST_LIMIT(name,
 * seconds) for more), and fails by a failed CHECK, a signal, a sanitizer report
 * or a leak. A program of tests takes names as arguments to run only those, and
 * -l to list them.
 *
 * Why not Criterion or cmocka: these tests switch stacks and must run under
 * ASan, TSan, valgrind and, cross-built, under qemu-user; a fork a test is all
 * that takes.
 */
#ifndef TEST_SUPPORT_TEST_H
#define TEST_SUPPORT_TEST_H

#include <stdbool.h>
#include <string.h>

typedef struct test_entry {
    const char *name;
    void (*run)(void);
    int limit_s;
    struct test_entry *next;
} test_entry;

void test_register(test_entry *entry);

/* Fail the running test: say where and why, end its process. */
void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((noreturn, format(printf, 3, 4)));

/* Count as skipped, with the reason in one line. Ends the process. */
void test_skip(const char *reason) __attribute__((noreturn));

#define TEST(test_name) TEST_LIMIT(test_name, 10)
#define TEST_LIMIT(test_name, seconds)                                         \
    static void test_name(void);                                               \
    __attribute__((constructor)) static void register_##test_name(void)        \
    {                                                                          \
        static test_entry entry = { #test_name, test_name, seconds, NULL };    \
        test_register(&entry);                                                 \
    }                                                                          \
    static void test_name(void)

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            test_fail(__FILE__, __LINE__, "CHECK(%s)", #condition);            \
    } while (0)

/* Whole numbers. */
#define CHECK_EQ(actual, expected)                                             \
    do {                                                                       \
        long long check_a = (long long)(actual);                               \
        long long check_e = (long long)(expected);                             \
        if (check_a != check_e)                                                \
            test_fail(__FILE__, __LINE__, "%s is %lld, expected %s = %lld",    \
                      #actual, check_a, #expected, check_e);                   \
    } while (0)

#define CHECK_STR(actual, expected)                                            \
    do {                                                                       \
        const char *check_a = (actual), *check_e = (expected);                 \
        if (check_a == NULL || strcmp(check_a, check_e) != 0)                  \
            test_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"",     \
                      #actual, check_a ? check_a : "(NULL)", check_e);         \
    } while (0)

/* |actual - expected| <= within */
#define CHECK_NEAR(actual, expected, within)                                   \
    do {                                                                       \
        double check_a = (actual), check_e = (expected);                       \
        double check_d =                                                       \
            check_a < check_e ? check_e - check_a : check_a - check_e;         \
        if (!(check_d <= (within)))                                            \
            test_fail(__FILE__, __LINE__, "%s is %g, expected %g within %g",   \
                      #actual, check_a, check_e, (double)(within));            \
    } while (0)

/* A folder of the test's own, removed after it. Valid until the test ends. */
const char *test_folder(void);

#endif
