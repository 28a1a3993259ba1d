/* Servers that send without end what is no body, as fast as they can. */
#include "support/test.h"

#include <string.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/http.h>
#include <starling/loop.h>
#include <starling/scope.h>

#include "support/http_server.h"

static http_server *server;

static bool flood(http_request *request)
{
    static char piece[64 * 1024];

    memset(piece, 'x', sizeof piece);
    http_say(request, "HTTP/1.1 200 OK\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n1;");
    while (http_send(request, piece, sizeof piece)) {
    }
    return false;
}

static int get_flooded(void *arg)
{
    sl_http_client_options options = { .allow_private = true };
    sl_http_options how = { .max_body = SIZE_MAX, .stall_limit = SL_S(3600) };
    sl_http_response response;
    sl_http_client *client;
    char url[1024];
    int rc;

    CHECK_EQ(sl_http_client_new(&options, &client), 0);
    (void)arg;
    http_server_url(server, "/", url);
    rc = sl_http_get(client, url, &how, &response);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return rc;
}

/* Time limits hold, since the loop goes on. */
static int stop_soon(void *arg)
{
    sl_scope limit;
    int rc;

    sl_timeout_open(&limit, SL_MS(50));
    rc = get_flooded(arg);
    CHECK_EQ(rc, SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&limit, rc), SL_ETIMEDOUT);
    return 0;
}

TEST(a_server_that_never_pauses_keeps_nobody_from_their_turn)
{
    server = http_server_start(flood, NULL);
    CHECK_EQ(sl_run(stop_soon, NULL), 0);
    http_server_stop(server);
}
