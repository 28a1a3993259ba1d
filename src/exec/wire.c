/* Messages with descriptors, in the shape that sendmsg() and recvmsg() want.
 */
#include "exec/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

typedef union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(SL__WIRE_FDS * sizeof(int))];
} control;

static void put_fds(struct msghdr *message, control *control, const int fds[],
                    int count)
{
    struct cmsghdr *header;
    size_t size = (size_t)count * sizeof(int);

    memset(control, 0, sizeof *control);
    message->msg_control = control->bytes;
    message->msg_controllen = CMSG_SPACE(size);
    header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), fds, size);
}

int sl__wire_send(int fd, const void *head, size_t head_size, const void *tail,
                  size_t tail_size, const int fds[], int fd_count)
{
    struct iovec parts[2] = { { (void *)(uintptr_t)head, head_size },
                              { (void *)(uintptr_t)tail, tail_size } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    control control;
    ssize_t n;

    if (fd_count > 0)
        put_fds(&message, &control, fds, fd_count);
    do {
        n = sendmsg(fd, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

static int take_fds(struct msghdr *message, int fds[])
{
    struct cmsghdr *header;
    int count = 0;

    for (header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds, CMSG_DATA(header), (size_t)count * sizeof(int));
    }
    return count;
}

ssize_t sl__wire_receive(int fd, int flags, void *data, size_t size, int fds[],
                         int *fd_count)
{
    struct iovec part = { data, size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    control control;
    ssize_t n;

    /* Without room for them the kernel drops descriptors that were sent. */
    if (fd_count != NULL) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE((size_t)*fd_count * sizeof(int));
        *fd_count = 0;
    }
    do {
        n = recvmsg(fd, &message, flags | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (fd_count != NULL)
        *fd_count = take_fds(&message, fds);
    return n;
}
