/* wire.h: what the processes of a pool say to each other. Both ends are the
 * same machine and, checked at the start, the same version.
 *
 *     program  <- report, command ->  helper     one socket pair
 *     program  <- answer, job ->      worker     one socket pair each
 *
 * The sockets keep message boundaries (SOCK_SEQPACKET), so there are no half
 * messages: one that is too short or too long is a lie.
 */
#ifndef SL_EXEC_WIRE_H
#define SL_EXEC_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <starling/pool.h>

/* A program started with this as its first argument serves a pool on
 * SL_WORKER_CHANNEL; with the second, workers keep stderr. */
#define SL__WIRE_ARGUMENT "--serve-starling-pool"
#define SL__WIRE_SHOW_STDERR "--show-stderr"

enum { SL__WIRE_VERSION = 1, SL__WIRE_NAME = 32, SL__WIRE_TEXT = 200 };

/* Start a worker; its end of the channel comes along. */
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

/* Followed by in_size bytes. Descriptors: of the body if its size is not 0,
 * then of the result if its is not. */
typedef struct sl__wire_job {
    uint64_t id, body_size, result_size;
    uint32_t in_size, out_capacity;
    char name[SL__WIRE_NAME];
} sl__wire_job;

/* Followed by rc bytes where rc is positive. A worker's first message has id 0
 * and the result of enter(), and is followed by its note. */
typedef struct sl__wire_answer {
    uint64_t id;
    int32_t rc;
    uint32_t unused;
} sl__wire_answer;

/* Send head and tail as one message with up to two descriptors. Returns 0 or
 * a negative errno; a peer that has gone is -EPIPE. */
int sl__wire_send(int fd, const void *head, size_t head_size, const void *tail,
                  size_t tail_size, const int fds[], int fd_count);

/* Receive one message. Returns its size, which is more than `size` if it did
 * not fit, 0 at the end, or a negative errno. *fd_count comes as the room in
 * fds[] (at most 2) and leaves as the number received, close-on-exec. */
ssize_t sl__wire_receive(int fd, int flags, void *data, size_t size, int fds[],
                         int *fd_count);

#endif
