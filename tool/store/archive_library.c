/* By name, so that the program can begin without it, and do without it. */
#include "store/archive_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

static archive_library library;
static bool is_loaded;

static void load(void)
{
    /* The number is that of the interface, which has been the same since 2013.
     */
    void *handle = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);

    is_loaded = handle != NULL;
#define FIND(name)                                                             \
    is_loaded = is_loaded && (library.name = dlsym(handle, #name)) != NULL
    ARCHIVE_LIBRARY_FUNCTIONS(FIND);
#undef FIND
}

const archive_library *archive_library_load(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load);
    return is_loaded ? &library : NULL;
}
