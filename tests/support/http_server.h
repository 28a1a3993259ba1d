/* http_server.h: a server that says exactly what a test wants to hear.
 *
 * It listens on 127.0.0.1 and runs the test's own function, on a thread for
 * each connection, once for each request it reads. That function writes raw
 * bytes, right or wrong, slowly or not at all.
 */
#ifndef TEST_SUPPORT_HTTP_SERVER_H
#define TEST_SUPPORT_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct http_server http_server;
typedef struct http_request http_request;

struct http_request {
    http_server *server;
    int fd;
    int number;       /* of all requests to this server, from 1 */
    char path[1024];  /* with its query */
    char head[16384]; /* the whole request head */
    void *arg;
};

/* Answers one request. True keeps the connection open for the next. */
typedef bool http_handler(http_request *request);

/* Start listening, and the thread that accepts. Fails the test if it cannot. */
http_server *http_server_start(http_handler *handler, void *arg);

/* The same with TLS and a certificate for 127.0.0.1 and localhost that is made
 * on the spot; its PEM file is `ca_file`, inside of the test's folder, and its
 * key lies beside it with ".key" appended. A client may show one, any one. */
http_server *http_server_start_tls(http_handler *handler, void *arg,
                                   const char *ca_file);

/* Stop listening, cut all connections, end the threads. */
void http_server_stop(http_server *server);

/* A port of 127.0.0.1 where nobody listens, nor will until the test ends: it is
 * taken. */
int http_refusing_port(void);

int http_server_port(const http_server *server);
int http_server_connections(const http_server *server); /* so far */
int http_server_requests(const http_server *server);
/* Requests that had been read and not begun to be answered. */
int http_server_most_at_once(const http_server *server);

/* Write printf-style text, or bytes; false once the client has gone. */
bool http_say(http_request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool http_send(http_request *request, const void *data, size_t size);

/* Whether the client has shown a certificate. */
bool http_knows_client(const http_request *request);

/* A whole answer with Content-Length. Returns true, for the handler. */
bool http_answer(http_request *request, int status, const char *headers,
                 const void *body, size_t size);

/* Do nothing for that long, or until the server is stopped. */
void http_pause_ms(http_request *request, int ms);

/* Do nothing until *flag is set (atomically, by whoever), until so many
 * requests have come to the server, or until it is stopped. */
void http_wait_for_flag(http_request *request, const int *flag);
void http_wait_for_requests(http_request *request, int count);

/* Fill `out` with a URL of the server: http://127.0.0.1:PORT + path. */
const char *http_server_url(const http_server *server, const char *path,
                            char out[1024]);

#endif
