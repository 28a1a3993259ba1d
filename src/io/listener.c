/* Listeners, on TCP and unix sockets.
 *
 * A connection is taken from the kernel when a task waits for it and not
 * before: one that nobody serves stays in the backlog, where the kernel counts
 * it against the limit, and is refused by it when there are too many.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <starling/error.h>

#include "base/given.h"
#include "base/list.h"
#include "io/address.h"
#include "io/descriptor.h"
#include "io/failure.h"
#include "io/stream.h"

enum { BACKLOG = 4096 };

struct sl_listener {
    sl__descriptor descriptor;
    char *path; /* of the socket file that the close removes; NULL */
    dev_t device;
    ino_t inode; /* which file that is: another may be there by then */
    bool is_tcp;
};

static void on_released(sl__descriptor *descriptor)
{
    sl_listener *listener =
        sl__container_of(descriptor, sl_listener, descriptor);

    free(listener->path);
    sl__release(listener);
}

/* Make a listener of a bound socket; takes `fd` in any case. */
static int listen_at(int fd, int backlog, bool is_tcp, sl_listener **out)
{
    sl_listener *listener = calloc(1, sizeof *listener);
    int rc = listener == NULL ? -ENOMEM : 0;

    if (rc == 0 && listen(fd, backlog > 0 ? backlog : BACKLOG) < 0)
        rc = -errno;
    if (rc == 0)
        rc = sl__descriptor_open(&listener->descriptor, fd, on_released);
    if (rc < 0) {
        free(listener);
        close(fd);
        return rc;
    }
    listener->is_tcp = is_tcp;
    *out = listener;
    return 0;
}

static int set_flag(int fd, int level, int name, int on)
{
    return setsockopt(fd, level, name, &on, sizeof on) < 0 ? -errno : 0;
}

static int bind_tcp(int fd, const sl_listen_options *options,
                    const sl_address *where)
{
    /* Else a restart would have to wait until old connections are forgotten. */
    int rc = set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1);

    if (rc == 0 && options->reuse_port)
        rc = set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (rc == 0 && where->where.ss_family == AF_INET6)
        rc = set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, options->v6_only);
    if (rc == 0 &&
        bind(fd, (const struct sockaddr *)&where->where, where->size) < 0)
        rc = -errno;
    return rc;
}

static int listen_tcp(const sl_listen_options *options, const sl_address *where,
                      sl_listener **out)
{
    int fd = socket(where->where.ss_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
        rc;

    if (fd < 0)
        return -errno;
    rc = bind_tcp(fd, options, where);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    return listen_at(fd, options->backlog, true, out);
}

int sl_tcp_listen_with(const sl_listen_options *options, const char *address,
                       int port, sl_listener **out)
{
    sl_given(options);
    sl_given(address);
    sl_given(out);

    sl_address where;
    int rc = sl__address_given(address, port, &where);

    if (rc < 0)
        return rc;
    return sl__about_peer(address, port, listen_tcp(options, &where, out));
}

int sl_tcp_listen(const char *address, int port, sl_listener **out)
{
    sl_given(address);
    sl_given(out);
    return sl_tcp_listen_with(&(sl_listen_options){ 0 }, address, port, out);
}

static int unix_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd < 0 ? -errno : fd;
}

/* Whether `path` is a socket that nobody listens at. */
static bool is_stale(const char *path, const sl_address *where)
{
    struct stat info;
    bool refused;
    int fd;

    if (lstat(path, &info) < 0 || !S_ISSOCK(info.st_mode))
        return false;
    fd = unix_socket();
    if (fd < 0)
        return false;
    refused =
        connect(fd, (const struct sockaddr *)&where->where, where->size) < 0 &&
        errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int bind_unix(int fd, const char *path, const sl_address *where)
{
    const struct sockaddr *address = (const struct sockaddr *)&where->where;

    if (bind(fd, address, where->size) == 0)
        return 0;
    if (errno != EADDRINUSE || path[0] == '@' || !is_stale(path, where))
        return -errno;
    if (unlink(path) < 0 && errno != ENOENT)
        return -errno;
    return bind(fd, address, where->size) < 0 ? -errno : 0;
}

/* Note which file is ours to remove. Without memory it is left behind. */
static void note_file(sl_listener *listener, const char *path)
{
    struct stat info;

    if (path[0] == '@' || lstat(path, &info) < 0)
        return;
    listener->path = strdup(path);
    listener->device = info.st_dev;
    listener->inode = info.st_ino;
}

static int listen_unix(const char *path, sl_listener **out)
{
    sl_address where;
    int fd, rc = sl_address_unix(path, &where);

    if (rc < 0)
        return rc;
    fd = unix_socket();
    if (fd < 0)
        return fd;
    rc = bind_unix(fd, path, &where);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    rc = listen_at(fd, 0, false, out);
    if (rc == 0)
        note_file(*out, path);
    return rc;
}

int sl_unix_listen(const char *path, sl_listener **out)
{
    sl_given(path);
    sl_given(out);
    return sl__about(path, listen_unix(path, out));
}

int sl_listener_address(const sl_listener *listener, sl_address *out)
{
    sl_given(listener);
    sl_given(out);

    sl_address address = { .size = sizeof address.where };

    if (getsockname(listener->descriptor.fd, (struct sockaddr *)&address.where,
                    &address.size) < 0)
        return -errno;
    *out = address;
    return 0;
}

int sl_listener_port(const sl_listener *listener)
{
    sl_given(listener);

    sl_address address;

    if (sl_listener_address(listener, &address) < 0)
        return 0;
    return sl_address_port(&address);
}

/* Errors of a connection that ended while it waited: the next one, please. */
static bool is_its_own_fault(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO ||
           error == EPERM || error == ENETDOWN || error == ENOPROTOOPT ||
           error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH ||
           error == EOPNOTSUPP || error == ENETUNREACH;
}

static int run_accept(sl__attempt *attempt, int fd)
{
    int connection;

    (void)attempt;
    do {
        connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (connection < 0 && is_its_own_fault(errno));
    return connection < 0 ? -errno : connection;
}

int sl_listener_accept(sl_listener *listener, sl_stream **out)
{
    sl_given(listener);
    sl_given(out);

    sl__attempt attempt = {
        .waiter = { .what = "a connection", .on = listener },
        .run = run_accept,
    };
    bool is_tcp = listener->is_tcp;
    int rc = sl__wait_begin(), fd;

    if (rc < 0)
        return rc;
    fd = sl__descriptor_do(&listener->descriptor, SL__IN, &attempt);
    if (fd < 0)
        return fd;
    if (is_tcp)
        set_flag(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    rc = sl__stream_on_socket(fd, out);
    if (rc < 0)
        close(fd);
    return rc;
}

static void remove_file(const sl_listener *listener)
{
    struct stat info;

    if (listener->path != NULL && lstat(listener->path, &info) == 0 &&
        info.st_dev == listener->device && info.st_ino == listener->inode)
        unlink(listener->path);
}

void sl_listener_close(sl_listener *listener)
{
    if (listener == NULL)
        return;
    sl_given(listener);
    sl__retire(listener);
    remove_file(listener);
    sl__descriptor_close(&listener->descriptor);
}
