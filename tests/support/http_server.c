/* A server that says exactly what a test wants to hear.
 *
 * Blocking threads, on purpose: it shares nothing with the code under test, and
 * a handler reads like the conversation it plays. Everything a thread may block
 * in ends when the server is stopped, because its socket is shut down.
 */
#include "support/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support/test.h"

enum { CONNECTIONS_MAX = 4096, STACK_SIZE = 256 * 1024 };

typedef struct {
    http_server *server;
    pthread_t thread;
    int fd;
    SSL *ssl;   /* NULL without TLS */
    bool asked; /* a request was read, no byte of its answer was sent */
} connection;

struct http_server {
    http_handler *handler;
    void *arg;
    SSL_CTX *tls;
    int fd, port;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stopping;
    int count, requests, at_once, most_at_once;
    connection *connections[CONNECTIONS_MAX];
};

static __thread connection *mine;

/* Whoever has seen a byte of an answer may ask again at once: from then on the
 * request does not count any more. */
static void uncount_request(void)
{
    http_server *server = mine->server;

    if (!mine->asked)
        return;
    mine->asked = false;
    pthread_mutex_lock(&server->lock);
    server->at_once--;
    pthread_mutex_unlock(&server->lock);
}

static bool send_all(const void *data, size_t size)
{
    const char *at = data;

    uncount_request();
    while (size > 0) {
        ssize_t n = mine->ssl ? SSL_write(mine->ssl, at, (int)size)
                              : send(mine->fd, at, size, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

bool http_send(http_request *request, const void *data, size_t size)
{
    (void)request;
    return send_all(data, size);
}

bool http_say(http_request *request, const char *format, ...)
{
    char text[8192];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return http_send(request, text, (size_t)size);
}

bool http_answer(http_request *request, int status, const char *headers,
                 const void *body, size_t size)
{
    /* In one piece, or a delayed acknowledgement costs every answer 40 ms. */
    size_t room = strlen(headers) + 128;
    char *whole = malloc(room + size);
    int head;

    CHECK(whole != NULL);
    head = snprintf(whole, room,
                    "HTTP/1.1 %d Scripted\r\n%sContent-Length: %zu\r\n\r\n",
                    status, headers, size);
    if (size > 0)
        memcpy(whole + head, body, size);
    http_send(request, whole, (size_t)head + size);
    free(whole);
    return true;
}

void http_pause_ms(http_request *request, int ms)
{
    http_server *server = request->server;
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += (long)(ms % 1000) * 1000000;
    end.tv_sec += ms / 1000 + end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    pthread_mutex_lock(&server->lock);
    while (!server->stopping &&
           pthread_cond_clockwait(&server->stopped, &server->lock,
                                  CLOCK_MONOTONIC, &end) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&server->lock);
}

void http_wait_for_flag(http_request *request, const int *flag)
{
    while (!__atomic_load_n(flag, __ATOMIC_SEQ_CST) &&
           !__atomic_load_n(&request->server->stopping, __ATOMIC_SEQ_CST))
        http_pause_ms(request, 1);
}

void http_wait_for_requests(http_request *request, int count)
{
    http_server *server = request->server;

    while (http_server_requests(server) < count &&
           !__atomic_load_n(&server->stopping, __ATOMIC_SEQ_CST))
        http_pause_ms(request, 1);
}

/* Read up to the empty line; nothing follows it before our answer. False at the
 * end of the connection. */
static bool read_request(http_request *request)
{
    size_t size = 0;

    while (size + 1 < sizeof request->head) {
        char *at = request->head + size;
        ssize_t n =
            mine->ssl ? SSL_read(mine->ssl, at, 1) : recv(mine->fd, at, 1, 0);

        if (n <= 0)
            return false;
        request->head[++size] = '\0';
        if (size >= 4 && strcmp(request->head + size - 4, "\r\n\r\n") == 0)
            return sscanf(request->head, "GET %1023s", request->path) == 1;
    }
    return false;
}

static void count_request(http_server *server, http_request *request)
{
    pthread_mutex_lock(&server->lock);
    request->number = ++server->requests;
    if (++server->at_once > server->most_at_once)
        server->most_at_once = server->at_once;
    mine->asked = true;
    pthread_mutex_unlock(&server->lock);
}

static void *serve(void *arg)
{
    http_request *request = calloc(1, sizeof *request);
    bool more = request != NULL;

    mine = arg;
    if (mine->ssl != NULL && SSL_accept(mine->ssl) != 1)
        more = false;
    while (more) {
        http_server *server = mine->server;

        request->server = server;
        request->fd = mine->fd;
        request->arg = server->arg;
        if (!read_request(request))
            break;
        count_request(server, request);
        more = server->handler(request);
        uncount_request();
    }
    /* The descriptor stays open until the server stops: others may shut it
     * down. The client sees the end here. */
    shutdown(mine->fd, SHUT_WR);
    free(request);
    return NULL;
}

static void start_connection(http_server *server, int fd)
{
    connection *c = calloc(1, sizeof *c);
    pthread_attr_t attributes;
    int on = 1;

    CHECK(c != NULL && server->count < CONNECTIONS_MAX);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->server = server;
    c->fd = fd;
    if (server->tls != NULL) {
        c->ssl = SSL_new(server->tls);
        SSL_set_fd(c->ssl, fd);
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    CHECK_EQ(pthread_create(&c->thread, &attributes, serve, c), 0);
    pthread_attr_destroy(&attributes);
    server->connections[server->count++] = c;
}

static void *accept_all(void *arg)
{
    http_server *server = arg;

    for (;;) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0 && errno == EMFILE) { /* a test of just that */
            usleep(1000);
            continue;
        }
        if (fd < 0)
            return NULL;
        pthread_mutex_lock(&server->lock);
        start_connection(server, fd);
        pthread_mutex_unlock(&server->lock);
    }
}

/* A socket that has a port of 127.0.0.1, whichever is free. */
static int take_port(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(fd, (struct sockaddr *)&address, size), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

int http_refusing_port(void)
{
    int port;

    (void)take_port(&port); /* and held */
    return port;
}

static http_server *start(http_handler *handler, void *arg, SSL_CTX *tls)
{
    http_server *server = calloc(1, sizeof *server);

    CHECK(server != NULL);
    server->handler = handler;
    server->arg = arg;
    server->tls = tls;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->stopped, NULL);
    server->fd = take_port(&server->port);
    CHECK_EQ(listen(server->fd, 1024), 0);
    CHECK_EQ(pthread_create(&server->acceptor, NULL, accept_all, server), 0);
    return server;
}

http_server *http_server_start(http_handler *handler, void *arg)
{
    return start(handler, arg, NULL);
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(
        NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");

    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static void save_key(EVP_PKEY *key, const char *ca_file)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s.key", ca_file);
    file = fopen(path, "w");
    CHECK(file != NULL);
    CHECK_EQ(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
}

static int accept_any(int is_good, X509_STORE_CTX *context)
{
    (void)is_good;
    (void)context;
    return 1;
}

bool http_knows_client(const http_request *request)
{
    (void)request;
    return mine->ssl != NULL && SSL_get0_peer_certificate(mine->ssl) != NULL;
}

http_server *http_server_start_tls(http_handler *handler, void *arg,
                                   const char *ca_file)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key);
    FILE *file = fopen(ca_file, "w");

    CHECK(tls != NULL && file != NULL);
    CHECK_EQ(PEM_write_X509(file, certificate), 1);
    fclose(file);
    save_key(key, ca_file);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, accept_any);
    CHECK_EQ(SSL_CTX_use_certificate(tls, certificate), 1);
    CHECK_EQ(SSL_CTX_use_PrivateKey(tls, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return start(handler, arg, tls);
}

static void end_connection(connection *c)
{
    shutdown(c->fd, SHUT_RDWR);
    pthread_join(c->thread, NULL);
    if (c->ssl != NULL)
        SSL_free(c->ssl);
    close(c->fd);
    free(c);
}

void http_server_stop(http_server *server)
{
    pthread_mutex_lock(&server->lock);
    __atomic_store_n(&server->stopping, true, __ATOMIC_SEQ_CST);
    pthread_cond_broadcast(&server->stopped);
    pthread_mutex_unlock(&server->lock);
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    for (int i = 0; i < server->count; i++)
        end_connection(server->connections[i]);
    close(server->fd);
    SSL_CTX_free(server->tls);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->stopped);
    free(server);
}

static int read_counter(const http_server *server, const int *counter)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&server->lock;
    int value;

    pthread_mutex_lock(lock);
    value = *counter;
    pthread_mutex_unlock(lock);
    return value;
}

int http_server_port(const http_server *server)
{
    return server->port;
}

int http_server_connections(const http_server *server)
{
    return read_counter(server, &server->count);
}

int http_server_requests(const http_server *server)
{
    return read_counter(server, &server->requests);
}

int http_server_most_at_once(const http_server *server)
{
    return read_counter(server, &server->most_at_once);
}

const char *http_server_url(const http_server *server, const char *path,
                            char out[1024])
{
    snprintf(out, 1024, "%s://127.0.0.1:%d%s", server->tls ? "https" : "http",
             server->port, path);
    return out;
}
