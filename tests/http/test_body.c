/* Bodies in memory files. */
#include "support/test.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http/body.h"

TEST(body_is_what_was_added_in_order)
{
    sl__body body = SL__BODY_EMPTY;
    sl_shm shm;

    CHECK_EQ(sl__body_add(&body, "hello ", 6), 0);
    CHECK_EQ(sl__body_add(&body, "world", 5), 0);
    CHECK_EQ(sl__body_finish(&body, &shm), 0);
    CHECK_EQ(shm.size, 11);
    CHECK(memcmp(shm.data, "hello world", 11) == 0);
    CHECK_EQ(body.fd, -1);
    CHECK_EQ(body.size, 0);
    munmap(shm.data, shm.size);
    close(shm.fd);
}

TEST(body_without_bytes_is_an_empty_memory)
{
    sl__body body = SL__BODY_EMPTY;
    sl_shm shm;

    CHECK_EQ(sl__body_finish(&body, &shm), 0);
    CHECK(shm.data == NULL);
    CHECK_EQ(shm.fd, -1);
}

TEST(body_cannot_be_changed_by_who_gets_its_descriptor)
{
    sl__body body = SL__BODY_EMPTY;
    sl_shm shm;

    CHECK_EQ(sl__body_add(&body, "abc", 3), 0);
    CHECK_EQ(sl__body_finish(&body, &shm), 0);
    CHECK_EQ(ftruncate(shm.fd, 1), -1);
    CHECK_EQ(pwrite(shm.fd, "x", 1, 0), -1);
    CHECK_EQ(errno, EPERM);
    CHECK(mmap(NULL, 3, PROT_READ | PROT_WRITE, MAP_SHARED, shm.fd, 0) ==
          MAP_FAILED);
    CHECK(mmap(NULL, 3, PROT_READ, MAP_SHARED, shm.fd, 0) != MAP_FAILED);
    munmap(shm.data, shm.size);
    close(shm.fd);
}
