/* sanitized.h: whether this build carries a sanitizer, which needs calls and
 * address space that a sandbox would refuse. */
#ifndef SL_SANDBOX_SANITIZED_H
#define SL_SANDBOX_SANITIZED_H

#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SL__SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define SL__SANITIZED true
#endif
#endif
#ifndef SL__SANITIZED
#define SL__SANITIZED false
#endif

#endif
