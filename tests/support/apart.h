/* apart.h: do something in a process of its own, and see what it says. */
#ifndef TEST_SUPPORT_APART_H
#define TEST_SUPPORT_APART_H

/* Call fn(arg) in a child process, which exits with 1 if that is negative, else
 * with 0. Returns its wait status. */
int test_apart(int (*fn)(void *arg), void *arg);

/* What the last such child wrote to stderr, and that it has these words. */
const char *test_said(void);
void test_check_said(const char *words);

#endif
