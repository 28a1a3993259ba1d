/* The allocator that fails once, when it is told to. */
#include "support/no_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "support/test.h"

enum { SCENARIO_STEPS_MAX = 10000 };

static bool is_counting, is_ended;
static long granted, fails_at, alive;

/* Whether this allocation fails. Only the thread of the scenario allocates. */
static bool fails(void)
{
    return is_ended || (is_counting && granted++ == fails_at);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
void __real_free(void *memory);
void __wrap_free(void *memory);
void *__real_mmap64(void *where, size_t size, int access, int flags, int fd,
                    off_t offset);
void *__wrap_mmap64(void *where, size_t size, int access, int flags, int fd,
                    off_t offset);
int __real_munmap(void *memory, size_t size);
int __wrap_munmap(void *memory, size_t size);

static void *count(void *memory)
{
    alive += is_counting && memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    return old == NULL ? count(__real_malloc(size)) : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
    if (fails())
        return NULL;
    return old == NULL ? count(__real_calloc(n, size))
                       : __real_reallocarray(old, n, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : count(__real_aligned_alloc(alignment, size));
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : count(__real_strdup(text));
}

void __wrap_free(void *memory)
{
    alive -= is_counting && memory != NULL;
    __real_free(memory);
}

void *__wrap_mmap64(void *where, size_t size, int access, int flags, int fd,
                    off_t offset)
{
    void *memory;

    if (fails()) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    memory = __real_mmap64(where, size, access, flags, fd, offset);
    alive += is_counting && memory != MAP_FAILED;
    return memory;
}

int __wrap_munmap(void *memory, size_t size)
{
    alive -= is_counting;
    return __real_munmap(memory, size);
}

void test_without_memory(int (*scenario)(void))
{
    for (fails_at = 0; fails_at < SCENARIO_STEPS_MAX; fails_at++) {
        int rc;

        granted = alive = 0;
        is_counting = true;
        rc = scenario();
        is_counting = false;
        CHECK_EQ(alive, 0);
        if (granted <= fails_at) {
            CHECK_EQ(rc, 0);
            CHECK(fails_at > 0);
            return;
        }
        CHECK(rc == 0 || rc == -ENOMEM);
    }
    CHECK(!"the scenario always finds something more to allocate");
}

void test_end_memory(bool ended)
{
    is_ended = ended;
}
