/* A child process whose stderr goes to memory. */
#include "support/apart.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

static char said[16384];

int test_apart(int (*fn)(void *arg), void *arg)
{
    int output = memfd_create("said", 0), status;
    ssize_t n;
    pid_t child = fork();

    if (child == 0) {
        dup2(output, STDERR_FILENO);
        _exit(fn(arg) < 0 ? 1 : 0);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    n = pread(output, said, sizeof said - 1, 0);
    CHECK(n >= 0);
    said[n] = '\0';
    close(output);
    return status;
}

const char *test_said(void)
{
    return said;
}

void test_check_said(const char *words)
{
    if (strstr(said, words) == NULL)
        test_fail(__FILE__, __LINE__, "'%s' is missing in:\n%s", words, said);
}
