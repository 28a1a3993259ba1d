/* What a worker keeps from job to job, and what it gives back. */
#include "worker/pixels/workspace.h"

#include <string.h>

#include "support/test.h"

#define MIB ((size_t)1 << 20)

TEST(a_slot_has_room_for_what_is_asked_whatever_it_held)
{
    static const size_t sizes[] = { 1,         100,      3 * MIB,  MIB,
                                    9 * MIB,   40 * MIB, 12 * MIB, 41 * MIB + 1,
                                    100 * MIB, 64 };
    workspace ws;

    CHECK_EQ(workspace_init(&ws), 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *data = workspace_take(&ws, WORKSPACE_LIGHT, sizes[i]);

        CHECK(data != NULL);
        CHECK_EQ((uintptr_t)data % 64, 0);
        data[0] = data[sizes[i] - 1] = 1; /* the sanitizer's word, or a fault */
    }
    workspace_fini(&ws);
}

/* Whose contents nobody needs: but pages that stay need not be cleared. */
TEST(a_large_slot_grows_with_the_pages_that_it_has)
{
    static const size_t sizes[] = { 5 * MIB, 9 * MIB, 30 * MIB, 80 * MIB };
    workspace ws;
    uint8_t *data;

    CHECK_EQ(workspace_init(&ws), 0);
    data = workspace_take(&ws, WORKSPACE_LIGHT, sizes[0]);
    CHECK(data != NULL);
    memset(data, 7, sizes[0]);
    for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++) {
        data = workspace_take(&ws, WORKSPACE_LIGHT, sizes[i]);
        CHECK(data != NULL);
        CHECK_EQ(data[0], 7);
        CHECK_EQ(data[sizes[i - 1] - 1], 7);
        memset(data, 7, sizes[i]);
    }
    workspace_fini(&ws);
}

TEST(between_jobs_no_more_is_kept_than_is_worth_it)
{
    workspace ws;

    CHECK_EQ(workspace_init(&ws), 0);
    CHECK(workspace_take(&ws, WORKSPACE_LIGHT, 100 * MIB) != NULL);
    workspace_trim(&ws);
    CHECK(ws.slots[WORKSPACE_LIGHT].capacity >= 100 * MIB);
    CHECK(workspace_take(&ws, WORKSPACE_REST, 200 * MIB) != NULL);
    workspace_trim(&ws);
    CHECK_EQ(ws.slots[WORKSPACE_LIGHT].capacity, 0);
    CHECK_EQ(ws.slots[WORKSPACE_REST].capacity, 0);
    workspace_fini(&ws);
}

TEST(what_no_memory_has_room_for_is_refused)
{
    workspace ws;

    CHECK_EQ(workspace_init(&ws), 0);
    CHECK(workspace_take(&ws, WORKSPACE_LIGHT, 10 * MIB) != NULL);
    CHECK(workspace_take(&ws, WORKSPACE_LIGHT, SIZE_MAX) == NULL);
    CHECK(workspace_take(&ws, WORKSPACE_LIGHT, SIZE_MAX / 4) == NULL);
    CHECK_EQ(ws.slots[WORKSPACE_LIGHT].capacity, 0);
    CHECK(workspace_take(&ws, WORKSPACE_LIGHT, 10 * MIB) != NULL);
    workspace_fini(&ws);
}
