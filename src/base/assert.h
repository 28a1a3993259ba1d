/* assert.h: for what only a bug can do. Also in release builds. */
#ifndef SL_BASE_ASSERT_H
#define SL_BASE_ASSERT_H

void sl__assert_failed(const char *condition, const char *file, int line)
    __attribute__((noreturn, cold));

#define sl_assert(condition)                                                   \
    ((condition) ? (void)0 : sl__assert_failed(#condition, __FILE__, __LINE__))

#endif
