/* drain.h: what has been written into a pipe so far. */
#ifndef TEST_SUPPORT_DRAIN_H
#define TEST_SUPPORT_DRAIN_H

#include <fcntl.h>
#include <unistd.h>

#include "support/test.h"

/* Read what is there now; lent until the next call. */
static inline const char *drain(int fd)
{
    static char text[65536];
    size_t length = 0;
    ssize_t n;

    CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    while (length < sizeof text - 1 &&
           (n = read(fd, text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)n;
    text[length] = '\0';
    return text;
}

#endif
