/* Reads requests with http-parser, which knows the grammar; what is decided
 * here are the limits and what is refused.
 *
 * A client may send anything, for as long as it likes, so nothing is collected
 * without a bound: a longer target, head or body is refused with the status
 * that HTTP has for it. Headers are kept only as far as the one that matters,
 * Range, is long.
 */
#include "origin/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "origin/query.h"

static origin_request *request_of(http_parser *parser)
{
    return parser->data;
}

static int refuse(origin_request *request, int status)
{
    if (request->refusal == 0)
        request->refusal = status;
    return -1; /* tells the parser to stop */
}

static int on_url(http_parser *parser, const char *data, size_t size)
{
    origin_request *request = request_of(parser);

    if (size > ORIGIN_TARGET_MAX - request->target_size)
        return refuse(request, 414);
    memcpy(request->target + request->target_size, data, size);
    request->target_size += size;
    return 0;
}

/* Append what fits; a longer field or value is none that we look for. */
static void append(char *text, size_t room, size_t *length, const char *data,
                   size_t size)
{
    size_t left = room - 1 - *length;

    size = size < left ? size : left;
    memcpy(text + *length, data, size);
    *length += size;
    text[*length] = '\0';
}

static bool parse_number(const char **text, uint64_t *number)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    *number = strtoull(*text, &end, 10);
    *text = end;
    return true;
}

/* A range that we do not understand is ignored, as HTTP allows: the whole is
 * then sent. */
static void parse_range(origin_request *request)
{
    const char *text = request->value;
    uint64_t first = UINT64_MAX, last = UINT64_MAX;
    bool has_first, has_last;

    if (strncmp(text, "bytes=", 6) != 0)
        return;
    text += 6;
    has_first = parse_number(&text, &first);
    if (*text++ != '-')
        return;
    has_last = parse_number(&text, &last);
    if (*text != '\0' || (!has_first && !has_last) ||
        (has_first && has_last && last < first))
        return;
    request->has_range = true;
    request->range_first = first;
    request->range_last = last;
}

static void end_header(origin_request *request)
{
    if (request->in_value && strcasecmp(request->field, "range") == 0)
        parse_range(request);
    request->field_size = request->value_size = 0;
    request->field[0] = request->value[0] = '\0';
    request->in_value = false;
}

static int on_header_field(http_parser *parser, const char *data, size_t size)
{
    origin_request *request = request_of(parser);

    if (request->in_value)
        end_header(request);
    append(request->field, sizeof request->field, &request->field_size, data,
           size);
    return 0;
}

static int on_header_value(http_parser *parser, const char *data, size_t size)
{
    origin_request *request = request_of(parser);

    request->in_value = true;
    append(request->value, sizeof request->value, &request->value_size, data,
           size);
    return 0;
}

/* Split the target, which may be a whole URL, and decode its path. */
static int split_target(origin_request *request)
{
    struct http_parser_url url;
    char *target = request->target;
    size_t at, length;

    http_parser_url_init(&url);
    if (http_parser_parse_url(target, request->target_size, 0, &url) != 0 ||
        (url.field_set & 1 << UF_PATH) == 0)
        return -1;
    at = url.field_data[UF_PATH].off;
    length = url.field_data[UF_PATH].len;
    if (origin_query_decode(target + at, length, false, request->path,
                            sizeof request->path) < 0)
        return -1;
    if ((url.field_set & 1 << UF_QUERY) != 0) {
        request->query = target + url.field_data[UF_QUERY].off;
        target[url.field_data[UF_QUERY].off + url.field_data[UF_QUERY].len] =
            '\0';
    }
    return 0;
}

static int on_headers_complete(http_parser *parser)
{
    origin_request *request = request_of(parser);

    end_header(request);
    if (parser->method != HTTP_GET && parser->method != HTTP_HEAD)
        return refuse(request, 405);
    if (split_target(request) < 0)
        return refuse(request, 400);
    request->head_only = parser->method == HTTP_HEAD;
    request->keep_alive = http_should_keep_alive(parser);
    return 0;
}

static int on_body(http_parser *parser, const char *data, size_t size)
{
    origin_request *request = request_of(parser);

    (void)data;
    request->body_size += size;
    return request->body_size > ORIGIN_BODY_MAX ? refuse(request, 413) : 0;
}

static int on_message_complete(http_parser *parser)
{
    request_of(parser)->complete = true;
    http_parser_pause(parser, 1); /* the next request is not ours to read */
    return 0;
}

void origin_request_init(origin_request *request)
{
    *request = (origin_request){ .query = "" };
    http_parser_init(&request->parser, HTTP_REQUEST);
    request->parser.data = request;
}

size_t origin_request_feed(origin_request *request, const char *data,
                           size_t size)
{
    static const http_parser_settings settings = {
        .on_url = on_url,
        .on_header_field = on_header_field,
        .on_header_value = on_header_value,
        .on_headers_complete = on_headers_complete,
        .on_body = on_body,
        .on_message_complete = on_message_complete,
    };
    size_t used;

    if (request->complete || request->refusal != 0)
        return 0;
    used = http_parser_execute(&request->parser, &settings, data, size);
    request->head_size += used;
    if (request->complete)
        return used;
    if (HTTP_PARSER_ERRNO(&request->parser) != HPE_OK ||
        request->parser.upgrade)
        refuse(request, 400);
    else if (request->head_size > ORIGIN_HEAD_MAX + request->body_size)
        refuse(request, 431);
    return used;
}
