/* A program that frees an HTTP client twice. */
#include <starling.h>
#include <starling/http.h>

static int app(void *unused)
{
    sl_http_client *client;
    int rc = sl_http_client_new(NULL, &client);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_http_client_free(client);
    sl_http_client_free(client);
    return 0;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
