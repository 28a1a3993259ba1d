/* layers.h: one function a layer. Each returns 0 or a negative errno, and then
 * this system lacks the layer. */
#ifndef SL_SANDBOX_LAYERS_H
#define SL_SANDBOX_LAYERS_H

#include <stdbool.h>

#include <starling/sandbox.h>

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

int sl__sandbox_close_others(const sl_sandbox_profile *profile);
int sl__sandbox_limit(const sl_sandbox_profile *profile);
int sl__sandbox_drop_capabilities(const sl_sandbox_profile *profile);
int sl__sandbox_no_new_privileges(const sl_sandbox_profile *profile);
int sl__sandbox_landlock(const sl_sandbox_profile *profile);
int sl__sandbox_seccomp(const sl_sandbox_profile *profile);

/* The version of Landlock that the kernel speaks; 0 for none. */
int sl__landlock_abi(void);

#endif
