/* echo_load PORT CONNECTIONS SECONDS SERVER-PID: load an echo server.
 *
 * Each connection has one message of 64 bytes on its way at any time. One
 * thread asks epoll without ever sleeping, so that the client adds no wake-up
 * of its own to what is measured. 0.3 s to warm up, then SECONDS of counting.
 * Prints requests a second, the server's processor time a request, and how
 * long a request took, as one JSON object.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MESSAGE = 64,     /* bytes */
    WARM_UP_MS = 300, /* before the count begins */
    BUCKETS = 65536,  /* of the histogram; the last one is open */
    BUCKET_NS = 250,
    EVENTS = 512,
};

struct connection {
    int fd;
    int received; /* bytes of the message on its way back */
    int64_t sent_ns;
};

struct load {
    int epoll;
    struct connection *connections;
    int count;
    uint64_t requests;
    uint32_t took[BUCKETS];
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* User and system time are the 14th and 15th field of that file; the second
 * one is a name in parentheses, which may contain anything. */
static double cpu_us_of(int pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    const char *rest;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    rest = strrchr(text, ')');
    if (rest == NULL ||
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
               &user, &system) != 2)
        return 0;
    return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

static int ask(struct connection *connection)
{
    static const char message[MESSAGE];

    connection->received = 0;
    connection->sent_ns = now_ns();
    if (send(connection->fd, message, MESSAGE, MSG_NOSIGNAL) != MESSAGE)
        return -1;
    return 0;
}

static int open_connection(struct load *load, int index, int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct epoll_event event = { .events = EPOLLIN,
                                 .data.u32 = (uint32_t)index };
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    load->connections[index].fd = fd;
    return epoll_ctl(load->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void count_answer(struct load *load, const struct connection *connection)
{
    int64_t bucket = (now_ns() - connection->sent_ns) / BUCKET_NS;

    load->took[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    load->requests++;
}

static int take_answer(struct load *load, struct connection *connection)
{
    char data[MESSAGE];
    ssize_t n = recv(connection->fd, data,
                     (size_t)(MESSAGE - connection->received), MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0)
        return -1;
    connection->received += (int)n;
    if (connection->received < MESSAGE)
        return 0;
    count_answer(load, connection);
    return ask(connection);
}

static int keep_asking_until(struct load *load, int64_t end_ns)
{
    struct epoll_event events[EVENTS];

    while (now_ns() < end_ns) {
        int n = epoll_wait(load->epoll, events, EVENTS, 0);

        for (int i = 0; i < n; i++)
            if (take_answer(load, &load->connections[events[i].data.u32]) < 0)
                return -1;
    }
    return 0;
}

static double percentile_us(const struct load *load, double share)
{
    uint64_t below = 0;
    int bucket = 0;

    while (bucket < BUCKETS - 1 && (double)(below += load->took[bucket]) <
                                       share * (double)load->requests)
        bucket++;
    return (bucket + 1) * (BUCKET_NS / 1e3);
}

static int measure(struct load *load, double seconds, int pid)
{
    double cpu_us, wall_ns;
    int64_t start_ns;

    for (int i = 0; i < load->count; i++)
        if (ask(&load->connections[i]) < 0)
            return -1;
    if (keep_asking_until(load, now_ns() + (int64_t)WARM_UP_MS * 1000000) < 0)
        return -1;

    load->requests = 0;
    memset(load->took, 0, sizeof load->took);
    cpu_us = cpu_us_of(pid);
    start_ns = now_ns();
    if (keep_asking_until(load, start_ns + (int64_t)(seconds * 1e9)) < 0)
        return -1;
    wall_ns = (double)(now_ns() - start_ns);
    cpu_us = cpu_us_of(pid) - cpu_us;
    if (load->requests == 0)
        return -1;
    printf("{\"rps\":%.0f,\"cpu_us\":%.3f,\"p50_us\":%.2f,\"p99_us\":%.2f}\n",
           (double)load->requests * 1e9 / wall_ns,
           cpu_us / (double)load->requests, percentile_us(load, 0.5),
           percentile_us(load, 0.99));
    return 0;
}

static int prepare(struct load *load, int port)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* else a socket() says so */
    }
    load->epoll = epoll_create1(0);
    load->connections = calloc((size_t)load->count, sizeof *load->connections);
    if (load->epoll < 0 || load->connections == NULL)
        return -1;
    for (int i = 0; i < load->count; i++)
        if (open_connection(load, i, port) < 0)
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    static struct load load;
    int port = argc == 5 ? atoi(argv[1]) : 0;

    load.count = argc == 5 ? atoi(argv[2]) : 0;
    if (port < 1 || port > 65535 || load.count < 1) {
        fputs("usage: echo_load PORT CONNECTIONS SECONDS SERVER-PID\n", stderr);
        return 2;
    }
    errno = 0;
    if (prepare(&load, port) < 0 ||
        measure(&load, atof(argv[3]), atoi(argv[4])) < 0) {
        fprintf(stderr, "echo_load: %s\n",
                errno ? strerror(errno) : "the server closed a connection");
        return 1;
    }
    return 0;
}
