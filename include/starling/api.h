/* api.h: the marks that public declarations carry.
 *
 * Of all headers: what frees, closes or drops an object takes NULL, too, and
 * then does nothing. Elsewhere a pointer may be NULL only where it is said so
 * (and where it is to memory of no bytes); the program that hands in NULL all
 * the same ends with the names of the function and of the parameter, in debug
 * mode (debug.h) also the one that uses an object after its release. What else
 * is asked of a program is checked where that is cheap; one that breaks it ends
 * with a message that says what is wrong.
 *
 * Every function belongs to the thread of its loop unless its comment says
 * otherwise, and none may be called by a signal handler (signal.h waits for
 * signals without one).
 */
#ifndef STARLING_API_H
#define STARLING_API_H

/* Part of the library's interface: everything else stays hidden. */
#define SL_API __attribute__((visibility("default")))

/* May suspend the calling task, and is a cancel point on every call, even
 * when it need not wait. Call it from a task. Its result must be read. */
#define SL_WAITS __attribute__((warn_unused_result))

/* SL_AUTO(sl_group) group;  calls sl_group_drop(&group) when the enclosing
 * block is left by any way. The variable must be opened at once. It is for
 * groups and process guards (process.h), and for a type of yours that has a
 * function of such a name: a handle's own drop takes the handle, not where it
 * is. */
#define SL_AUTO(type) __attribute__((cleanup(type##_drop))) type

#ifdef __cplusplus
#define SL_BEGIN extern "C" {
#define SL_END }
#else
#define SL_BEGIN
#define SL_END
#endif

#endif
