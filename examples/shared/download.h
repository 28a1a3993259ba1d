/* download.h: one file from the web, in the two ways of doing it. Both follow
 * redirects, give up after 10 seconds, and take any answer but 200 for a
 * failure. */
#ifndef DOWNLOAD_H
#define DOWNLOAD_H

#include <stddef.h>

#include <starling/api.h>
#include <starling/http.h>

/* A call that blocks until the file is there, as a library does that knows
 * nothing of loops. Any thread. 0, or -1 and why in `error`. */
int download_blocking(const char *url, const char *path, char *error,
                      size_t error_size);

/* Once, before the first thread downloads. */
void download_blocking_begin(void);

/* A client that may also connect to this machine, where the example servers
 * are. A program for the open Internet leaves that out. */
int download_client_new(sl_http_client **out);

/* A task's way: it waits, others run. sl_errmsg() names the URL. */
SL_WAITS int download(sl_http_client *client, const char *url,
                      const char *path);

#endif
