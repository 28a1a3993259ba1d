/* name.h: what people call a function of which only the address is known. */
#ifndef SL_BASE_NAME_H
#define SL_BASE_NAME_H

#include <stddef.h>
#include <stdint.h>

/* "name()" if the linker knows one, else the file and the offset in it. */
void sl__name_function(uintptr_t function, char *text, size_t size);

#endif
