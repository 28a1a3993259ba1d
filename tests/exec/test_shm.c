/* What both sides of shared memory may rely on. */
#include "support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <starling/shm.h>

TEST(shm_cannot_be_shrunk_by_a_holder_of_the_descriptor)
{
    sl_shm shm;

    CHECK_EQ(sl_shm_open(5000, &shm), 0);
    CHECK_EQ(ftruncate(shm.fd, 1), -1);
    CHECK_EQ(errno, EPERM);
    CHECK_EQ(ftruncate(shm.fd, 10000), -1);
    sl_shm_close(&shm);
}

TEST(shm_is_zeroed_and_shared)
{
    sl_shm shm;
    char *other;

    CHECK_EQ(sl_shm_open(5000, &shm), 0);
    CHECK_EQ(shm.size, 5000);
    for (size_t i = 0; i < shm.size; i++)
        CHECK_EQ(((char *)shm.data)[i], 0);
    other = mmap(NULL, shm.size, PROT_READ, MAP_SHARED, shm.fd, 0);
    CHECK(other != MAP_FAILED);
    ((char *)shm.data)[4999] = 7;
    CHECK_EQ(other[4999], 7);
    munmap(other, shm.size);
    sl_shm_close(&shm);
}

TEST(shm_of_no_size_or_of_too_much_is_refused)
{
    sl_shm shm = { .fd = -1 };

    CHECK_EQ(sl_shm_open(0, &shm), -EINVAL);
    CHECK_EQ(sl_shm_open(SIZE_MAX, &shm), -ENOMEM);
    CHECK(shm.data == NULL);
}

TEST(shm_may_be_closed_twice)
{
    sl_shm shm;

    CHECK_EQ(sl_shm_open(1, &shm), 0);
    sl_shm_close(&shm);
    CHECK(shm.data == NULL);
    CHECK_EQ(shm.fd, -1);
    sl_shm_close(&shm);
}

TEST(shm_that_is_not_shared_is_from_malloc)
{
    sl_shm shm = { .data = malloc(5), .size = 5, .fd = -1 };

    sl_shm_close(&shm);
    CHECK(shm.data == NULL);
    CHECK_EQ(shm.size, 0);
}
