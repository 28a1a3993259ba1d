/* Connections that nobody uses at the moment. */
#include "support/test.h"

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/event.h>
#include <starling/http.h>
#include <starling/loop.h>

#include "sched/uv.h"
#include "support/http_server.h"

static http_server *server;

static bool keep_open(http_request *request)
{
    return http_answer(request, 200, "", "good", 4);
}

static bool close_silently(http_request *request)
{
    http_answer(request, 200, "", "good", 4);
    return false;
}

static sl_http_client *new_client(void)
{
    sl_http_client_options options = { .allow_addresses = "127.0.0.0/8",
                                       .max_connections = 1 };
    sl_http_client *client;

    CHECK_EQ(sl_http_client_new(&options, &client), 0);
    return client;
}

static void ask(sl_http_client *client)
{
    sl_http_response response;
    char url[1024];

    http_server_url(server, "/", url);
    CHECK_EQ(sl_http_get(client, url, NULL, &response), 0);
    CHECK_EQ(response.body_size, 4);
    sl_http_response_fini(&response);
}

static void count(uv_check_t *polls)
{
    ++*(int *)polls->data;
}

/* How often the loop looks for something to do while nothing comes. Processor
 * time would say the same where there is enough of it. */
static int polls_meanwhile(sl_time duration)
{
    uv_check_t check;
    int polls = 0;

    CHECK_EQ(uv_check_init(sl__loop_uv(sl_loop_current()), &check), 0);
    check.data = &polls;
    CHECK_EQ(uv_check_start(&check, count), 0);
    CHECK_EQ(sl_sleep(duration), 0);
    uv_close((uv_handle_t *)&check, NULL);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0); /* until it is closed */
    return polls;
}

static int ask_again_after_a_while(void *arg)
{
    sl_http_client *client = new_client();

    (void)arg;
    ask(client);
    CHECK(polls_meanwhile(SL_MS(300)) < 100);
    ask(client);
    sl_http_client_free(client);
    return 0;
}

TEST(nobody_spins_while_a_kept_connection_has_ended)
{
    server = http_server_start(close_silently, NULL);
    CHECK_EQ(sl_run(ask_again_after_a_while, NULL), 0);
    CHECK_EQ(http_server_connections(server), 2);
    http_server_stop(server);
}

static int wait_for_ever(void *arg)
{
    sl_http_client *client = new_client();
    sl_event never = { 0 };

    (void)arg;
    ask(client);
    CHECK_EQ(sl_event_wait(&never), SL_ECANCELED);
    sl_http_client_free(client);
    return 0;
}

/* One that is only kept could bring nothing. */
TEST(kept_connections_keep_no_loop_from_seeing_a_deadlock)
{
    server = http_server_start(keep_open, NULL);
    CHECK_EQ(sl_run(wait_for_ever, NULL), SL_EDEADLOCK);
    http_server_stop(server);
}
