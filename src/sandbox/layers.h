/* layers.h: one function a layer. Each returns 0 or a negative errno, and then
 * this system lacks the layer. */
#ifndef SL_SANDBOX_LAYERS_H
#define SL_SANDBOX_LAYERS_H

#include <starling/sandbox.h>

int sl__sandbox_close_others(const sl_sandbox_profile *profile);
int sl__sandbox_limit(const sl_sandbox_profile *profile);
int sl__sandbox_drop_capabilities(const sl_sandbox_profile *profile);
int sl__sandbox_no_new_privileges(const sl_sandbox_profile *profile);
int sl__sandbox_landlock(const sl_sandbox_profile *profile);
int sl__sandbox_seccomp(const sl_sandbox_profile *profile);

/* The version of Landlock that the kernel speaks; 0 for none. */
int sl__landlock_abi(void);

#endif
