/* State of the sanitizer notes: one pointer a thread, and only under ASan. */
#include "context/sanitize.h"

#if SL_ASAN
__thread sl__sanitize_note *sl__sanitize_from;
#endif
