/* A program that uses the HTTP client, and gets the error it must get: nobody
 * listens at the first port of this machine. */
#include <errno.h>
#include <stdio.h>

#include <starling.h>
#include <starling/http.h>

static int app(void *unused)
{
    const sl_http_client_options options = { .allow_private = true };
    const sl_http_options request = { .max_body = 1024 };
    sl_http_response response;
    sl_http_client *client;
    int rc = sl_http_client_new(&options, &client);

    (void)unused;
    if (rc < 0)
        return rc;
    rc = sl_http_get(client, "http://127.0.0.1:1/", &request, &response);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    if (rc == -ECONNREFUSED)
        puts("nobody listens");
    return rc == -ECONNREFUSED ? 0 : -EPROTO;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
