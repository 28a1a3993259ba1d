/* The example servers, loaded from outside: this program uses plain sockets and
 * nothing of the library. SERVERS is the folder that they are in. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

static pid_t server;
static int port;

/* Start a server and learn the port that it prints. */
static void start(const char *name)
{
    char path[512], line[16] = "";
    const char *folder = getenv("SERVERS");
    int out[2];

    if (folder == NULL)
        test_skip("SERVERS is not set");
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK_EQ(pipe2(out, O_CLOEXEC), 0);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], 1);
        execl(path, name, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    CHECK(read(out[0], line, sizeof line - 1) > 0);
    close(out[0]);
    port = atoi(line);
    CHECK(port > 0);
}

/* Ctrl-C ends it in order. */
static void stop(void)
{
    int status;

    CHECK_EQ(kill(server, SIGINT), 0);
    CHECK_EQ(waitpid(server, &status, 0), server);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 130);
}

static int connect_to_server(void)
{
    struct sockaddr_in where = { .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0);
    CHECK_EQ(connect(fd, (struct sockaddr *)&where, sizeof where), 0);
    return fd;
}

enum { MESSAGE = 64, CLIENTS_MAX = 10000 };

static struct {
    int fd, got, rounds;
} clients[CLIENTS_MAX];

static void send_message(int i)
{
    char message[MESSAGE];

    memset(message, 'a' + (i + clients[i].rounds) % 26, sizeof message);
    CHECK_EQ(send(clients[i].fd, message, MESSAGE, MSG_NOSIGNAL), MESSAGE);
}

/* True when the client has had its last answer. */
static bool take_answer(int i, int rounds)
{
    char data[MESSAGE];
    ssize_t n =
        recv(clients[i].fd, data, sizeof data - (size_t)clients[i].got, 0);

    CHECK(n > 0);
    for (ssize_t k = 0; k < n; k++)
        CHECK_EQ(data[k], 'a' + (i + clients[i].rounds) % 26);
    clients[i].got += (int)n;
    if (clients[i].got < MESSAGE)
        return false;
    clients[i].got = 0;
    if (++clients[i].rounds == rounds)
        return true;
    send_message(i);
    return false;
}

static void load(int count, int rounds)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), left = count;

    for (int i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN,
                                     .data.u32 = (uint32_t)i };

        clients[i].fd = connect_to_server();
        clients[i].got = clients[i].rounds = 0;
        CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event), 0);
    }
    for (int i = 0; i < count; i++)
        send_message(i);
    while (left > 0) {
        struct epoll_event events[256];
        int n = epoll_wait(epoll, events, 256, -1);

        CHECK(n > 0 || errno == EINTR); /* as after a stop and a SIGCONT */
        for (int i = 0; i < n; i++)
            left -= take_answer((int)events[i].data.u32, rounds);
    }
    for (int i = 0; i < count; i++)
        close(clients[i].fd);
    close(epoll);
}

TEST_LIMIT(the_echo_server_echoes_to_1_to_10000_connections, 120)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    start("echo_server");
    load(1, 1000);
    load(100, 50);
    load(1000, 20);
    if (limit.rlim_cur > CLIENTS_MAX + 100)
        load(CLIENTS_MAX, 5);
    load(1, 10);
    stop();
}

TEST(the_echo_server_ends_in_order_with_connections_open)
{
    int fds[50];
    char byte;

    start("echo_server");
    for (int i = 0; i < 50; i++) {
        fds[i] = connect_to_server();
        CHECK_EQ(send(fds[i], "x", 1, 0), 1);
        CHECK_EQ(recv(fds[i], &byte, 1, 0), 1);
    }
    stop();
    for (int i = 0; i < 50; i++)
        CHECK_EQ(recv(fds[i], &byte, 1, 0), 0);
}

static void say(int fd, const char *text)
{
    CHECK_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL),
             (long long)strlen(text));
}

/* Without looking further. */
static void read_line(int fd, char line[256])
{
    size_t n = 0;

    do {
        CHECK(n < 255);
        CHECK_EQ(recv(fd, line + n, 1, 0), 1);
    } while (line[n++] != '\n');
    line[n - 1] = '\0';
}

/* The next line that is not about those others of wait_until_in(). */
static void expect(int fd, const char *expected)
{
    char line[256];

    do {
        read_line(fd, line);
    } while (strncmp(line, "Other ", 6) == 0);
    CHECK_STR(line, expected);
}

/* Nothing tells a client that she is in. So others come and go until she has
 * heard of one. */
static void wait_until_in(int fd)
{
    struct pollfd heard = { .fd = fd, .events = POLLIN };

    do {
        int other = connect_to_server();

        say(other, "Other\n");
        poll(&heard, 1, 20);
        shutdown(other, SHUT_WR); /* a close might cut what was said */
    } while (heard.revents == 0);
}

TEST(the_chat_server_passes_lines_on_to_the_others)
{
    int ada, bob;

    start("chat_server");
    ada = connect_to_server();
    say(ada, "Ada\n");
    wait_until_in(ada);
    bob = connect_to_server();
    say(bob, "Bob\nhello\n");
    expect(ada, "Bob is here");
    expect(ada, "Bob > hello");
    say(ada, "hi ");
    say(ada, "Bob\r\n");
    expect(bob, "Ada > hi Bob");
    close(ada);
    expect(bob, "Ada has left");
    stop();
}

TEST_LIMIT(a_client_that_does_not_read_is_sent_away_and_delays_nobody, 60)
{
    int deaf, ada, bob;
    char line[400], heard[512] = "";
    FILE *hears;

    start("chat_server");
    deaf = connect_to_server();
    say(deaf, "Deaf\n");
    wait_until_in(deaf);
    ada = connect_to_server();
    say(ada, "Ada\n");
    wait_until_in(ada);
    bob = connect_to_server();
    say(bob, "Bob\n");
    expect(ada, "Bob is here");
    hears = fdopen(ada, "r");
    memset(line, 'x', sizeof line);
    line[sizeof line - 2] = '\n';
    line[sizeof line - 1] = '\0';
    /* Each line of Bob's is heard by Ada at once, whatever Deaf does. */
    for (int i = 0; i < 200000 && strcmp(heard, "Deaf has left\n") != 0; i++) {
        say(bob, line);
        CHECK(fgets(heard, sizeof heard, hears) != NULL);
    }
    CHECK_STR(heard, "Deaf has left\n");
    stop();
    fclose(hears);
    close(deaf);
}
