/* old_kernel.h: run a test on a kernel that lacks something. */
#ifndef TEST_SUPPORT_OLD_KERNEL_H
#define TEST_SUPPORT_OLD_KERNEL_H

/* From here on, in this process and its children, the kernel is without "guard
 * regions", all "guards" of memory, or "pidfds". Skips the test where that
 * cannot be had. */
void test_kernel_without(const char *what);

/* What every test does first: TEST_WITHOUT=pidfds in the environment runs all
 * tests of a program on such a kernel. */
void test_kernel_from_environment(void);

#endif
