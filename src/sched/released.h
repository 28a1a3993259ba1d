/* released.h: in debug mode, who releases an object again is told so. */
#ifndef SL_SCHED_RELEASED_H
#define SL_SCHED_RELEASED_H

/* In place of free(), for what users hold by a pointer. */
void sl__release(void *object);

/* First thing in whatever ends in sl__release(), before the object is read:
 * ends the program if it has been there already. `kind` is a word for it. */
void sl__not_released(const void *object, const char *kind);

#endif
