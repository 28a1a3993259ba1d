/* HTTP/2, against a server that knows just enough of it: it reads frames and
 * answers each request with the same few bytes. */
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/http.h>
#include <starling/loop.h>

#include "support/http_server.h"

enum {
    DATA = 0,
    HEADERS = 1,
    RST_STREAM = 3,
    SETTINGS = 4,
    GOAWAY = 7,
    CONTINUATION = 9
};
enum { ACK = 1, END_STREAM = 1, END_HEADERS = 4 };
enum { REQUESTS = 20, CONNECTIONS_MAX = 64 };

static SSL_CTX *tls;
static int listener, port;
static int connections, requests; /* changed atomically */
static bool cuts;                 /* the connection, inside of the body */
static bool resets;               /* only the stream, there */
static int served; /* of a connection's requests, before it goes away; 0: all */
static bool babbles; /* headers without end */

static int choose(SSL *ssl, const unsigned char **out, unsigned char *size,
                  const unsigned char *offered, unsigned offered_size,
                  void *arg)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";

    (void)ssl;
    (void)arg;
    return SSL_select_next_proto((unsigned char **)out, size, ours,
                                 sizeof ours - 1, offered,
                                 offered_size) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static bool read_all(SSL *ssl, unsigned char *to, size_t size)
{
    for (int n; size > 0; to += n, size -= (size_t)n) {
        n = SSL_read(ssl, to, (int)size);
        if (n <= 0)
            return false;
    }
    return true;
}

static void send_frame(SSL *ssl, int type, int flags, unsigned stream,
                       const char *payload, size_t size)
{
    unsigned char frame[256] = { 0, 0, (unsigned char)size, (unsigned char)type,
                                 (unsigned char)flags };
    unsigned id = htonl(stream);

    memcpy(frame + 5, &id, sizeof id);
    memcpy(frame + 9, payload, size);
    SSL_write(ssl, frame, (int)(9 + size));
}

/* Half of them would be too many for anybody. */
static void babble(SSL *ssl, unsigned stream)
{
    char header[207] = { 0, 4, 'n', 'a', 'm', 'e', 0x7f, 0x48 }; /* of 199 */

    memset(header + 8, 'x', 199);
    send_frame(ssl, HEADERS, 0, stream, "\x88", 1);
    for (int i = 0; i < 4000; i++)
        send_frame(ssl, CONTINUATION, 0, stream, header, sizeof header);
    send_frame(ssl, CONTINUATION, END_HEADERS, stream, "", 0);
}

static void answer(SSL *ssl, unsigned stream)
{
    if (babbles)
        babble(ssl, stream);
    else
        send_frame(ssl, HEADERS, END_HEADERS, stream, "\x88", 1); /* 200 */
    send_frame(ssl, DATA, cuts || resets ? 0 : END_STREAM, stream, "hello", 5);
    if (resets)
        send_frame(ssl, RST_STREAM, 0, stream, "\0\0\0\2", 4);
}

/* The last of its requests that will be answered is `stream`. */
static void go_away(SSL *ssl, unsigned stream)
{
    char payload[8] = { 0 };
    unsigned id = htonl(stream);

    memcpy(payload, &id, sizeof id);
    send_frame(ssl, GOAWAY, 0, 0, payload, sizeof payload);
}

/* False at the end of the connection. */
static bool answer_frame(SSL *ssl, int *count)
{
    unsigned char head[9], payload[20000];
    unsigned stream;
    size_t size;

    if (!read_all(ssl, head, sizeof head))
        return false;
    size = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    if (size > sizeof payload || !read_all(ssl, payload, size))
        return false;
    memcpy(&stream, head + 5, sizeof stream);
    stream = ntohl(stream);
    if (head[3] == SETTINGS && !(head[4] & ACK))
        send_frame(ssl, SETTINGS, ACK, 0, "", 0);
    if (head[3] != HEADERS)
        return true;
    __atomic_add_fetch(&requests, 1, __ATOMIC_SEQ_CST);
    if (served > 0 && *count >= served)
        return true;
    if (++*count == served)
        go_away(ssl, stream);
    answer(ssl, stream);
    return !cuts;
}

static void *serve_one(void *arg)
{
    int fd = (int)(long)arg;
    SSL *ssl = SSL_new(tls);
    unsigned char preface[24];
    const unsigned char *protocol;
    unsigned size = 0;
    int count = 0;

    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        SSL_get0_alpn_selected(ssl, &protocol, &size);
        if (size == 2 && read_all(ssl, preface, sizeof preface)) {
            send_frame(ssl, SETTINGS, 0, 0, "", 0);
            while (answer_frame(ssl, &count)) {
            }
        }
    }
    SSL_free(ssl);
    close(fd);
    return NULL;
}

/* Ends with the last of its connections: a process that exits under a thread
 * inside of OpenSSL leaves what that thread holds. */
static void *serve(void *arg)
{
    pthread_t threads[CONNECTIONS_MAX];
    int fd, count = 0;

    (void)arg;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        __atomic_add_fetch(&connections, 1, __ATOMIC_SEQ_CST);
        CHECK(count < CONNECTIONS_MAX);
        CHECK_EQ(pthread_create(&threads[count++], NULL, serve_one,
                                (void *)(long)fd),
                 0);
    }
    while (count > 0)
        pthread_join(threads[--count], NULL);
    return NULL;
}

/* Its certificate is one that the scripted server makes for itself. */
static void start_server(pthread_t *thread)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    char file[256], key[300];

    snprintf(file, sizeof file, "%s/ca.pem", test_folder());
    snprintf(key, sizeof key, "%s.key", file);
    http_server_stop(http_server_start_tls(NULL, NULL, file));
    tls = SSL_CTX_new(TLS_server_method());
    CHECK_EQ(SSL_CTX_use_certificate_file(tls, file, SSL_FILETYPE_PEM), 1);
    CHECK_EQ(SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM), 1);
    SSL_CTX_set_alpn_select_cb(tls, choose, NULL);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(bind(listener, (struct sockaddr *)&address, size), 0);
    CHECK_EQ(listen(listener, 64), 0);
    CHECK_EQ(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    port = ntohs(address.sin_port);
    CHECK_EQ(pthread_create(thread, NULL, serve, NULL), 0);
}

static void stop_server(pthread_t thread)
{
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    SSL_CTX_free(tls);
}

static void run_with_server(sl_fn *app)
{
    pthread_t thread;

    start_server(&thread);
    CHECK_EQ(sl_run(app, NULL), 0);
    stop_server(thread);
}

static int get(sl_http_client *client, sl_http_response *response)
{
    char url[64];

    snprintf(url, sizeof url, "https://127.0.0.1:%d/", port);
    return sl_http_get(client, url, NULL, response);
}

static int get_one(void *arg)
{
    sl_http_response response;
    int rc = get(arg, &response);

    CHECK_EQ(rc, 0);
    CHECK_EQ(response.status, 200);
    CHECK_EQ(response.body_size, 5);
    CHECK(memcmp(response.body.data, "hello", 5) == 0);
    CHECK(response.proven); /* without a length: the stream has ended */
    sl_http_response_fini(&response);
    return rc;
}

static sl_http_client *new_client(bool http2)
{
    char file[256];
    sl_http_client_options options = { .allow_private = true,
                                       .ca_file = file,
                                       .http2 = http2 };
    sl_http_client *client;

    snprintf(file, sizeof file, "%s/ca.pem", test_folder());
    CHECK_EQ(sl_http_client_new(&options, &client), 0);
    return client;
}

static int get_many(void *arg)
{
    sl_http_client *client = new_client(true);
    sl_group group;

    (void)arg;
    sl_group_open(&group);
    for (int i = 0; i < REQUESTS; i++)
        sl_group_spawn(&group, get_one, client);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_http_client_free(client);
    return 0;
}

TEST(http2_is_spoken_on_request_with_all_requests_on_one_connection)
{
    run_with_server(get_many);
    CHECK_EQ(requests, REQUESTS);
    CHECK_EQ(connections, 1);
}

static int get_cut(void *arg)
{
    sl_http_client *client = new_client(true);
    sl_http_response response;

    (void)arg;
    CHECK(get(client, &response) < 0);
    CHECK(!response.proven && response.body.data == NULL);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

TEST(http2_body_without_its_end_mark_is_none)
{
    cuts = true;
    run_with_server(get_cut);
}

static int get_reset(void *arg)
{
    sl_http_client *client = new_client(true);
    sl_http_response response;

    (void)arg;
    CHECK_EQ(get(client, &response), SL_EINCOMPLETE);
    CHECK_STR(sl_errmsg(), "the answer of 127.0.0.1 ended after 5 bytes and "
                           "was not whole: HTTP/2 INTERNAL_ERROR (err 2)");
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

/* As what happens to a connection of HTTP/1.1: it may be asked for again. */
TEST(http2_stream_that_is_reset_is_a_cut_body)
{
    resets = true;
    run_with_server(get_reset);
}

/* A server that is about to stop answers what it has begun with; the others
 * were not asked, and are asked of the next one. */
TEST(http2_requests_that_a_leaving_server_has_not_seen_are_asked_again)
{
    served = REQUESTS / 2;
    run_with_server(get_many);
    CHECK(connections > 1);
}

static int get_babble(void *arg)
{
    sl_http_client *client = new_client(true);
    sl_http_response response;

    (void)arg;
    CHECK_EQ(get(client, &response), -EPROTO);
    CHECK_STR(sl_errmsg(), "127.0.0.1 sent an answer beyond the rules or "
                           "limits of HTTP/2");
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

TEST(http2_headers_without_end_are_refused)
{
    babbles = true;
    run_with_server(get_babble);
}

static int get_plainly(void *arg)
{
    sl_http_client *client = new_client(false);
    sl_http_response response;

    (void)arg;
    CHECK(get(client, &response) < 0); /* the server has nothing else */
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

TEST(http2_is_not_spoken_unasked)
{
    run_with_server(get_plainly);
    CHECK_EQ(requests, 0);
}
