/* Downloading with libcurl's easy interface, which blocks. */
#include "download.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

void download_blocking_begin(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static CURLcode fetch(CURL *curl, const char *url, FILE *file, char *error)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, file);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); /* there may be threads */
    return curl_easy_perform(curl);
}

int download_blocking(const char *url, const char *path, char *error,
                      size_t error_size)
{
    char why[CURL_ERROR_SIZE] = "no memory";
    CURL *curl = curl_easy_init();
    FILE *file = fopen(path, "wbe");
    CURLcode code = CURLE_WRITE_ERROR;

    if (file == NULL)
        snprintf(why, sizeof why, "%s cannot be written", path);
    else if (curl != NULL)
        code = fetch(curl, url, file, why);
    if (curl != NULL)
        curl_easy_cleanup(curl);
    if (file != NULL && fclose(file) != 0)
        code = CURLE_WRITE_ERROR;
    if (code == CURLE_OK)
        return 0;
    remove(path); /* nothing half done under the final name */
    snprintf(error, error_size, "%s: %s", url, why);
    return -1;
}
