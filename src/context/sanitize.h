/* sanitize.h: tell ASan, TSan and valgrind about stacks and switches. In a
 * build without them all of this is empty. */
#ifndef SL_CONTEXT_SANITIZE_H
#define SL_CONTEXT_SANITIZE_H

#include <stddef.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SL_ASAN 1
#elif defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define SL_TSAN 1
#endif
#ifndef SL_ASAN
#define SL_ASAN 0
#endif
#ifndef SL_TSAN
#define SL_TSAN 0
#endif

/* On functions that TSan must not follow, since it would book their calls and
 * returns on another stack than the one they run on: it goes over to the next
 * stack when the switch is announced, and not when it is made. */
#if SL_TSAN
#define SL__BETWEEN_STACKS __attribute__((no_sanitize("thread")))
#else
#define SL__BETWEEN_STACKS
#endif

#if SL_ASAN

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

typedef struct sl__sanitize_note {
    const void *low;
    size_t size;
    void *fake_stack; /* while suspended */
} sl__sanitize_note;

/* ASan tells who arrives where it came from; the native stack of a thread is
 * learnt in this way at the first switch away from it. */
extern __thread sl__sanitize_note *sl__sanitize_from;

static inline void sl__sanitize_make(sl__sanitize_note *note, const void *low,
                                     size_t size)
{
    /* A reused stack may hold the marks of frames that were left for good. */
    __asan_unpoison_memory_region(low, size);
    *note = (sl__sanitize_note){ .low = low, .size = size };
}

static inline void sl__sanitize_leave(sl__sanitize_note *from,
                                      sl__sanitize_note *to)
{
    sl__sanitize_from = from;
    __sanitizer_start_switch_fiber(&from->fake_stack, to->low, to->size);
}

static inline void sl__sanitize_leave_forever(sl__sanitize_note *from,
                                              sl__sanitize_note *to)
{
    sl__sanitize_from = from;
    __sanitizer_start_switch_fiber(NULL, to->low, to->size);
}

static inline void sl__sanitize_arrive(sl__sanitize_note *self)
{
    sl__sanitize_note *from = sl__sanitize_from;
    const void *low;
    size_t size;

    __sanitizer_finish_switch_fiber(self->fake_stack, &low, &size);
    from->low = low;
    from->size = size;
}

static inline void sl__sanitize_start(void)
{
    sl__sanitize_note *from = sl__sanitize_from;
    const void *low;
    size_t size;

    __sanitizer_finish_switch_fiber(NULL, &low, &size);
    from->low = low;
    from->size = size;
}

static inline void sl__sanitize_drop(sl__sanitize_note *note)
{
    *note = (sl__sanitize_note){ 0 };
}

#elif SL_TSAN

#include <sanitizer/tsan_interface.h>

typedef struct sl__sanitize_note {
    void *fiber;
} sl__sanitize_note;

static inline void sl__sanitize_make(sl__sanitize_note *note, const void *low,
                                     size_t size)
{
    (void)low;
    (void)size;
    note->fiber = __tsan_create_fiber(0);
}

/* TSan keeps a signal back until the fiber that it came upon calls the next
 * function that TSan watches; one that came just before a switch would wait for
 * the fiber's next turn. So what has come is delivered before each switch, and
 * what comes during one is delivered after it. */
void sl__sanitize_hold_signals(void);
void sl__sanitize_release_signals(void);

SL__BETWEEN_STACKS
static inline void sl__sanitize_leave(sl__sanitize_note *from,
                                      sl__sanitize_note *to)
{
    sl__sanitize_hold_signals();
    from->fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->fiber, 0);
}

SL__BETWEEN_STACKS
static inline void sl__sanitize_leave_forever(sl__sanitize_note *from,
                                              sl__sanitize_note *to)
{
    sl__sanitize_leave(from, to);
}

static inline void sl__sanitize_arrive(sl__sanitize_note *self)
{
    (void)self;
    sl__sanitize_release_signals();
}

static inline void sl__sanitize_start(void)
{
    sl__sanitize_release_signals();
}

/* Not while the fiber runs. */
static inline void sl__sanitize_drop(sl__sanitize_note *note)
{
    if (note->fiber != NULL)
        __tsan_destroy_fiber(note->fiber);
    note->fiber = NULL;
}

#else

typedef struct sl__sanitize_note {
} sl__sanitize_note;

static inline void sl__sanitize_make(sl__sanitize_note *note, const void *low,
                                     size_t size)
{
    (void)note;
    (void)low;
    (void)size;
}

static inline void sl__sanitize_leave(sl__sanitize_note *from,
                                      sl__sanitize_note *to)
{
    (void)from;
    (void)to;
}

static inline void sl__sanitize_leave_forever(sl__sanitize_note *from,
                                              sl__sanitize_note *to)
{
    (void)from;
    (void)to;
}

static inline void sl__sanitize_arrive(sl__sanitize_note *self)
{
    (void)self;
}

static inline void sl__sanitize_start(void)
{
}

static inline void sl__sanitize_drop(sl__sanitize_note *note)
{
    (void)note;
}

#endif

/* valgrind takes a jump of the stack pointer for a huge frame unless it knows
 * the stacks. Its requests are a few instructions that do nothing elsewhere. */
#if __has_include(<valgrind/valgrind.h>)

#include <valgrind/valgrind.h>

static inline unsigned sl__valgrind_register(void *low, size_t size)
{
    return VALGRIND_STACK_REGISTER(low, (char *)low + size);
}

static inline void sl__valgrind_deregister(unsigned id)
{
    VALGRIND_STACK_DEREGISTER(id);
}

#else

static inline unsigned sl__valgrind_register(void *low, size_t size)
{
    (void)low;
    (void)size;
    return 0;
}

static inline void sl__valgrind_deregister(unsigned id)
{
    (void)id;
}

#endif

#endif
