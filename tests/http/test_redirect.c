/* Where redirects lead, who is asked before, and what goes along. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <starling/error.h>
#include <starling/task.h>

#include "get.h"

static bool redirect_about(http_request *request)
{
    int port = http_server_port(request->server);
    char line[512];

    if (strcmp(request->path, "/end") == 0)
        return echo_head(request);
    if (strcmp(request->path, "/start") == 0)
        snprintf(line, sizeof line, "Location: /next?x=1\r\n");
    else if (strcmp(request->path, "/next?x=1") == 0)
        snprintf(line, sizeof line, "Location: http://u:p@127.0.0.1:%d/end\r\n",
                 port);
    else if (strcmp(request->path, "/elsewhere") == 0)
        snprintf(line, sizeof line, "Location: http://localhost:%d/end\r\n",
                 port);
    else if (strcmp(request->path, "/file") == 0)
        snprintf(line, sizeof line, "Location: file:///etc/passwd\r\n");
    else if (strcmp(request->path, "/nowhere") == 0)
        line[0] = '\0';
    else
        snprintf(line, sizeof line, "Location: /round\r\n");
    return http_answer(request, 302, line, "moved", 5);
}

TEST(get_follows_redirects_to_the_end)
{
    fetch f = { 0 };
    char url[1024];

    get_with(&f, redirect_about, "/start");
    CHECK_EQ(f.rc, 0);
    CHECK_EQ(f.response.status, 200);
    CHECK_EQ(f.response.redirects, 2);
    CHECK_STR(f.response.url, http_server_url(f.server, "/end", url));
    CHECK(strstr(f.text, "Authorization") == NULL);
    CHECK_EQ(http_server_connections(f.server), 1);
    finish(&f);
}

TEST(get_stops_running_in_circles)
{
    fetch f = { 0 };

    get_with(&f, redirect_about, "/round");
    CHECK_EQ(f.rc, -ELOOP);
    CHECK_STR(f.message, "more than 10 redirects");
    CHECK_STR(f.response.stage, "redirect");
    CHECK_EQ(http_server_requests(f.server), 11);
    finish(&f);
}

/* Lets the first one pass, after a while. */
static int allow_one(void *arg, const char *url)
{
    int *asked = arg;

    CHECK(strstr(url, "http://127.0.0.1:") == url);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    return ++*asked == 1 ? 0 : sl_fail(-EACCES, "no further");
}

TEST(get_asks_before_it_follows_a_redirect)
{
    int asked = 0;
    fetch f = { .options.on_redirect = allow_one,
                .options.redirect_arg = &asked };

    get_with(&f, redirect_about, "/start");
    CHECK_EQ(f.rc, -EACCES);
    CHECK_STR(f.message, "no further");
    CHECK_EQ(asked, 2);
    CHECK_EQ(http_server_requests(f.server), 2);
    finish(&f);
}

TEST(get_returns_a_redirect_it_is_told_not_to_follow)
{
    fetch f = { .options.max_redirects = -1 };

    get_with(&f, redirect_about, "/start");
    CHECK_EQ(f.rc, 0);
    CHECK_EQ(f.response.status, 302);
    CHECK_STR(f.text, "moved");
    finish(&f);

    f = (fetch){ 0 };
    get_with(&f, redirect_about, "/nowhere");
    CHECK_EQ(f.rc, 0);
    CHECK_EQ(f.response.status, 302);
    finish(&f);
}

TEST(get_refuses_a_redirect_to_a_file)
{
    fetch f = { 0 };

    get_with(&f, redirect_about, "/file");
    CHECK_EQ(f.rc, -EPROTO);
    CHECK_STR(f.message, "redirected to \"file:///etc/passwd\": only http and "
                         "https are supported");
    finish(&f);
}

TEST(get_takes_the_callers_headers_to_no_other_origin)
{
    static const char *const lines[] = { "Authorization: Basic x",
                                         "X-Api-Key: secret", "Accept: image/*",
                                         NULL };
    fetch f = { .options.headers = lines };

    get_with(&f, redirect_about, "/end");
    CHECK(strstr(f.response.body.data, "X-Api-Key: secret") != NULL);
    finish(&f);

    f = (fetch){ .options.headers = lines };
    get_with(&f, redirect_about, "/elsewhere");
    CHECK_EQ(f.rc, 0);
    CHECK(memmem(f.response.body.data, f.response.body.size, "image/*", 7) !=
          NULL);
    CHECK(memmem(f.response.body.data, f.response.body.size, "secret", 6) ==
          NULL);
    CHECK(memmem(f.response.body.data, f.response.body.size, "Authoriz", 8) ==
          NULL);
    finish(&f);
}
