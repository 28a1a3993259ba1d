/* A library whose functions become jobs of a program that loads it late. */
#include <stddef.h>

int job_of_library(const void *in, size_t in_size, void *out, size_t capacity);

__attribute__((visibility("default"))) int
job_of_library(const void *in, size_t in_size, void *out, size_t capacity)
{
    (void)in;
    (void)out;
    (void)capacity;
    return 1000 + (int)in_size;
}
