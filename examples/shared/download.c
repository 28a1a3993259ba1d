/* Downloading in a task: the HTTP client waits for the network, the file is
 * written by a thread, the loop has its hands free for both. */
#include "download.h"

#include <errno.h>

#include <starling/error.h>
#include <starling/file.h>
#include <starling/scope.h>

int download_client_new(sl_http_client **out)
{
    sl_http_client_options options = {
        .allow_addresses = "127.0.0.0/8,::1/128",
    };

    return sl_http_client_new(&options, out);
}

static int get(sl_http_client *client, const char *url, const char *path)
{
    sl_http_response response;
    int rc = sl_http_get(client, url, NULL, &response);

    if (rc < 0)
        rc = sl_fail(rc, "%s: %s", url, sl_errmsg());
    else if (response.status != 200)
        rc = sl_fail(-EIO, "%s: status %d", url, response.status);
    else
        rc = sl_file_write_all(path, response.body.data, response.body.size,
                               NULL);
    sl_http_response_fini(&response);
    return rc;
}

int download(sl_http_client *client, const char *url, const char *path)
{
    sl_scope limit;
    int rc;

    sl_timeout_open(&limit, SL_S(60));
    rc = sl_scope_close(&limit, get(client, url, path));
    return rc == SL_ETIMEDOUT ? sl_fail(rc, "%s: not here after 60 s", url)
                              : rc;
}
