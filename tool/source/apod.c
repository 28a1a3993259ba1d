/* The APOD service's JSON. It comes from a server, so nothing about it is
 * believed: types are checked one by one, and jansson bounds the depth. */
#include "source/apod.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

typedef struct writer {
    char *out;
    size_t size, length;
    bool full;
} writer;

static void put(writer *writer, const char *text)
{
    size_t n = strlen(text);

    if (writer->length + n >= writer->size) {
        writer->full = true;
        return;
    }
    memcpy(writer->out + writer->length, text, n + 1);
    writer->length += n;
}

static void put_escaped(writer *writer, const char *text)
{
    char piece[4];

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (isalnum(c) || strchr("-._~", c) != NULL)
            snprintf(piece, sizeof piece, "%c", c);
        else
            snprintf(piece, sizeof piece, "%%%02X", c);
        put(writer, piece);
    }
}

static void put_parameter(writer *writer, const char *name, const char *value)
{
    if (value == NULL)
        return;
    put(writer, "&");
    put(writer, name);
    put(writer, "=");
    put_escaped(writer, value);
}

int apod_url(const apod_query *query, char *out, size_t size)
{
    writer writer = { .out = out, .size = size };
    char count[16];

    put(&writer, query->base_url);
    put(&writer, "/planetary/apod?api_key=");
    put_escaped(&writer, query->api_key);
    if (query->count > 0) {
        snprintf(count, sizeof count, "%d", query->count);
        put_parameter(&writer, "count", count);
    }
    put_parameter(&writer, "date", query->date);
    put_parameter(&writer, "start_date", query->start_date);
    put_parameter(&writer, "end_date", query->end_date);
    put_parameter(&writer, "thumbs", query->thumbs ? "true" : NULL);
    return writer.full ? -ENAMETOOLONG : 0;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL && text[0] != '\0' ? text : NULL;
}

static void read_day(const json_t *object, apod_day *day)
{
    const char *media = text_of(object, "media_type");
    const char *date = text_of(object, "date");
    const char *title = text_of(object, "title");
    const char *thumbnail = text_of(object, "thumbnail_url");
    const char *url = text_of(object, "hdurl");

    if (url == NULL)
        url = text_of(object, "url");
    *day = (apod_day){ .date = date ? date : "", .title = title ? title : "" };
    if (media != NULL && strcmp(media, "video") == 0 && thumbnail != NULL)
        day->url = thumbnail;
    else if (media != NULL && strcmp(media, "image") != 0)
        day->lack = strcmp(media, "video") == 0 ? "video" : "no picture";
    else if (url == NULL)
        day->lack = "no picture address";
    else
        day->url = url;
}

static int read_days(json_t *json, apod_list *out)
{
    size_t count = json_is_array(json) ? json_array_size(json) : 1;

    out->days = calloc(count ? count : 1, sizeof *out->days);
    if (out->days == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        read_day(json_is_array(json) ? json_array_get(json, i) : json,
                 &out->days[i]);
    out->count = count;
    return 0;
}

int apod_parse(const char *text, size_t size, apod_list *out,
               char error[APOD_ERROR_MAX])
{
    json_error_t at;
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &at);
    int rc;

    error[0] = '\0';
    if (json == NULL) {
        snprintf(error, APOD_ERROR_MAX, "the answer is not JSON (line %d: %s)",
                 at.line, at.text);
        return -EPROTO;
    }
    if (!json_is_array(json) && json_object_get(json, "media_type") == NULL &&
        json_object_get(json, "url") == NULL) {
        snprintf(error, APOD_ERROR_MAX, "the answer lists no pictures");
        json_decref(json);
        return -EPROTO;
    }
    *out = (apod_list){ 0 };
    rc = read_days(json, out);
    if (rc < 0) {
        json_decref(json);
        return rc;
    }
    out->json = json;
    return 0;
}

void apod_list_fini(apod_list *list)
{
    free(list->days);
    json_decref(list->json);
    *list = (apod_list){ 0 };
}

/* The service words its own errors in one way and its gateway's in another. */
void apod_error_words(const char *text, size_t size, char words[APOD_ERROR_MAX])
{
    json_t *json = json_loadb(text, size, 0, NULL);
    const json_t *error = json_object_get(json, "error");
    const char *message = text_of(error, "message");

    if (message == NULL)
        message = text_of(json, "msg");
    snprintf(words, APOD_ERROR_MAX, "%s", message ? message : "");
    json_decref(json);
}
