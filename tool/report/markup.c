/* Titles, names, reasons and URLs come from servers, and the page is opened
 * from the user's disk, where a script would see a lot. So every text goes
 * through here, and of all URLs only those that begin with http:// or https://
 * become links: "javascript:" and "file:" stay words.
 */
#include "report/markup.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *markup_or(const char *text, const char *otherwise)
{
    return text != NULL && text[0] != '\0' ? text : otherwise;
}

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (unsigned char)c < 0x20 || c == 0x7f ? " " : NULL;
    }
}

void markup_text(emitter *e, const char *text)
{
    const char *plain = text;

    for (; *text != '\0'; text++) {
        const char *entity = entity_of(*text);

        if (entity == NULL)
            continue;
        emit_bytes(e, plain, (size_t)(text - plain));
        emit_text(e, entity);
        plain = text + 1;
    }
    emit_bytes(e, plain, (size_t)(text - plain));
}

static void emit_escaped_path(emitter *e, const char *path)
{
    char escape[4];

    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;

        if (c < 0x80 && (isalnum(c) || strchr("/._-~", c) != NULL)) {
            emit_bytes(e, path, 1);
        } else {
            snprintf(escape, sizeof escape, "%%%02X", c);
            emit_text(e, escape);
        }
    }
}

void markup_path(emitter *e, const char *folder, const char *name)
{
    /* "./" so that a folder called "a:b" is no scheme; "file://" so that an
     * absolute one with two slashes in front is no host. */
    emit_text(e, folder[0] == '/' ? "file://" : "./");
    emit_escaped_path(e, folder);
    emit_text(e, "/");
    emit_escaped_path(e, name);
}

void markup_count(emitter *e, int64_t count)
{
    char digits[32];
    size_t n =
        (size_t)snprintf(digits, sizeof digits, "%lld", (long long)count);

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0 && n > 4)
            emit_text(e, "\u202f");
        emit_bytes(e, digits + i, 1);
    }
}

void markup_counted(emitter *e, int64_t count, const char *one,
                    const char *many)
{
    markup_count(e, count);
    emit_text(e, " ");
    emit_text(e, count == 1 ? one : many);
}

void markup_size(emitter *e, int64_t width, int64_t height)
{
    if (width < 0 || height < 0)
        return;
    emit_integer(e, width);
    emit_text(e, "\u202f×\u202f");
    emit_integer(e, height);
}

void markup_duration(emitter *e, double seconds)
{
    int64_t whole = (int64_t)nearbyint(seconds);

    if (seconds < 59.995) {
        emit_fixed(e, seconds, 2);
        emit_text(e, "\u202fs");
    } else if (whole < 3600) {
        emit_integer(e, whole / 60);
        emit_text(e, "\u202fmin ");
        emit_integer(e, whole % 60);
        emit_text(e, "\u202fs");
    } else {
        markup_count(e, whole / 3600);
        emit_text(e, "\u202fh ");
        emit_integer(e, whole % 3600 / 60);
        emit_text(e, "\u202fmin");
    }
}

void markup_time(emitter *e, const char *iso)
{
    char text[64];

    snprintf(text, sizeof text, "%.10s %.5s UTC", iso,
             strlen(iso) >= 16 ? iso + 11 : "");
    markup_text(e, text);
}

void markup_url(emitter *e, const char *url)
{
    bool is_link = strncasecmp(url, "http://", 7) == 0 ||
                   strncasecmp(url, "https://", 8) == 0;

    if (is_link) {
        emit_text(e, "<a rel=\"noreferrer noopener\" href=\"");
        markup_text(e, url);
        emit_text(e, "\">");
    }
    markup_text(e, url);
    if (is_link)
        emit_text(e, "</a>");
}
