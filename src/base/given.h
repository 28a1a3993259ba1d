/* given.h: what a program hands to a public function must be there.
 *
 * First thing in a public function, a line for each pointer that must not be
 * NULL. The program that breaks this ends there, with the names of the function
 * and of the parameter; so it does in debug mode where the object has been
 * released.
 *
 *     sl_given(queue);
 */
#ifndef SL_BASE_GIVEN_H
#define SL_BASE_GIVEN_H

#include <stddef.h>
#include <stdint.h>

/* What is not above this is looked at: NULL and its like, in debug mode all. So
 * the check costs a comparison, whatever it looks for. */
extern uintptr_t sl__suspicious __attribute__((visibility("hidden")));

#define sl_given(object)                                                       \
    (__builtin_expect((uintptr_t)(object) >                                    \
                          __atomic_load_n(&sl__suspicious, __ATOMIC_RELAXED),  \
                      1)                                                       \
         ? (void)0                                                             \
         : sl__look_at((uintptr_t)(object), #object, __func__))

/* The same for memory, which may be NULL where it has no bytes. */
#define sl_given_bytes(data, size) ((size) == 0 ? (void)0 : sl_given(data))

void sl__look_at(uintptr_t object, const char *name, const char *function)
    __attribute__((cold));

/* In place of free(), for what users hold by a pointer. Any thread. */
void sl__release(void *object);

/* The user has released it, and sl__release() or sl__revive() follows once
 * nobody inside uses the memory any more. */
void sl__retire(const void *object);

/* From now on: a loop is in debug mode. */
void sl__released_watch(void);

/* The memory of `object` is about to be used again, by who had retired it. */
void sl__revive(const void *object);

/* The name of the running task; NULL: none runs. Handed down by the scheduler,
 * for the messages. */
void sl__given_asks(const char *(*who)(void));

#endif
