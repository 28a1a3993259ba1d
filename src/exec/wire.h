/* wire.h: what the processes of a pool say to each other. Both ends are the
 * same machine and, checked at the start, the same version.
 *
 *     program  <- report, command ->  helper     one socket pair
 *     program  <- bell, errand ->     worker     one socket pair each
 *
 * Jobs and answers go through memory that the two share (region.h). A socket
 * carries what memory cannot: descriptors, the wish to be woken, the end.
 *
 * The sockets keep message boundaries (SOCK_SEQPACKET), so there are no half
 * messages: one that is too short or too long is a lie.
 */
#ifndef SL_EXEC_WIRE_H
#define SL_EXEC_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <starling/worker.h>

/* A program started with this as its first argument serves a pool on
 * SL_WORKER_CHANNEL; with the second, workers keep stderr. */
#define SL__WIRE_ARGUMENT "--serve-starling-pool"
#define SL__WIRE_SHOW_STDERR "--show-stderr"

enum { SL__WIRE_VERSION = 2, SL__WIRE_TEXT = 200, SL__WIRE_FDS = 4 };

/* Start a worker; its end of the channel and its region come along. */
typedef struct sl__wire_command {
    uint64_t worker; /* the program's number for it */
} sl__wire_command;

enum sl__wire_report_kind {
    SL__REPORT_HELLO = 0x534c5048, /* value: of warm_up() */
    SL__REPORT_STARTED,            /* value: 0 with a pidfd, or an error */
    SL__REPORT_ENDED,              /* value: the wait status */
};

typedef struct sl__wire_report {
    uint32_t kind, version;
    uint64_t worker;
    int32_t value;
    uint32_t out_of_memory;   /* of an end: the kernel was, and chose it */
    char text[SL__WIRE_TEXT]; /* sl_worker_note() of warm_up() */
} sl__wire_report;

enum sl__wire_errand_kind {
    SL__ERRAND_BELL = 0x534c4542, /* there are asks */
    SL__ERRAND_MEMORY,            /* descriptors for the job in slot `number`,
                                     in the order of the enum below */
    SL__ERRAND_FORGET,            /* unmap the buffer `number` */
};

enum sl__wire_memory { MEMORY_IN, MEMORY_OUT, MEMORY_BODY, MEMORY_RESULT };

typedef struct sl__wire_errand {
    uint32_t kind, number;
    uint64_t size[SL__WIRE_FDS]; /* 0: no descriptor for this one */
} sl__wire_errand;

enum sl__wire_bell_kind {
    SL__BELL_READY = 0x534c4552, /* rc: what it returned when it started */
    SL__BELL_ANSWERS,
};

/* A worker's first message is READY, followed by its note. */
typedef struct sl__wire_bell {
    uint32_t kind;
    int32_t rc;
} sl__wire_bell;

/* Send head and tail as one message with up to SL__WIRE_FDS descriptors.
 * Returns 0 or a negative errno; a peer that has gone is -EPIPE. */
int sl__wire_send(int fd, const void *head, size_t head_size, const void *tail,
                  size_t tail_size, const int fds[], int fd_count);

/* Receive one message. Returns its size, which is more than `size` if it did
 * not fit, 0 at the end, or a negative errno. *fd_count comes as the room in
 * fds[] and leaves as the number received, close-on-exec. */
ssize_t sl__wire_receive(int fd, int flags, void *data, size_t size, int fds[],
                         int *fd_count);

#endif
