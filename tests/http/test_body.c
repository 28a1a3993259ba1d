/* Bodies, small ones in ordinary memory and others in memory files. */
#include "support/test.h"

#include <errno.h>
#include <stdlib.h>
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
    sl_shm_close(&shm);
}

/* Of `size` bytes in two pieces, each byte told by its place. */
static void check_body_of(size_t size, size_t first, bool has_file)
{
    sl__body body = SL__BODY_EMPTY;
    char *bytes = malloc(size);
    sl_shm shm;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    CHECK_EQ(sl__body_add(&body, bytes, first), 0);
    CHECK_EQ(sl__body_add(&body, bytes + first, size - first), 0);
    CHECK_EQ(sl__body_finish(&body, &shm), 0);
    CHECK_EQ(shm.size, size);
    CHECK_EQ(shm.fd >= 0, has_file);
    CHECK(memcmp(shm.data, bytes, size) == 0);
    sl_shm_close(&shm);
    free(bytes);
}

TEST(body_gets_a_file_when_it_is_not_small)
{
    check_body_of(SL__BODY_SMALL, 1000, false);
    check_body_of(SL__BODY_SMALL + 1, 1000, true);
    check_body_of(SL__BODY_SMALL + 1, SL__BODY_SMALL, true);
    check_body_of(3 * SL__BODY_SMALL, 2 * SL__BODY_SMALL, true);
}

TEST(body_of_the_length_that_was_expected_is_not_moved)
{
    sl__body body = SL__BODY_EMPTY;
    const char *before;

    sl__body_expect(&body, 50000);
    before = body.small;
    for (int i = 0; i < 5; i++) {
        char piece[10000] = "";

        CHECK_EQ(sl__body_add(&body, piece, sizeof piece), 0);
    }
    CHECK(body.small == before);
    CHECK_EQ(sl__body_add(&body, "x", 1), 0); /* it was no promise */
    CHECK_EQ(body.size, 50001);
    sl__body_fini(&body);
    sl__body_expect(&body, UINT64_MAX);
    CHECK(body.small == NULL);
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
    static const char bytes[SL__BODY_SMALL + 1];
    sl__body body = SL__BODY_EMPTY;
    sl_shm shm;

    CHECK_EQ(sl__body_add(&body, bytes, sizeof bytes), 0);
    CHECK_EQ(sl__body_finish(&body, &shm), 0);
    CHECK_EQ(ftruncate(shm.fd, 1), -1);
    CHECK_EQ(pwrite(shm.fd, "x", 1, 0), -1);
    CHECK_EQ(errno, EPERM);
    CHECK(mmap(NULL, 3, PROT_READ | PROT_WRITE, MAP_SHARED, shm.fd, 0) ==
          MAP_FAILED);
    CHECK(mmap(NULL, 3, PROT_READ, MAP_SHARED, shm.fd, 0) != MAP_FAILED);
    sl_shm_close(&shm);
}
