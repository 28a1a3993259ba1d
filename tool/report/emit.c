/* Bytes and numbers, independent of the locale.
 *
 * printf() writes a decimal comma where the user's language has one, and a
 * catalogue with commas in its numbers is no CSV. Whatever byte of a number is
 * neither digit, sign nor exponent can only be the locale's point, which may
 * also be several bytes long.
 */
#include "report/emit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdbool.h>
#include <string.h>

#include "report/shortest.h"

void emit_start(emitter *e, const report_out *out)
{
    e->out = out;
    e->error = 0;
    e->used = 0;
}

static void flush(emitter *e)
{
    int rc = 0;

    if (e->error == 0 && e->used > 0)
        rc = e->out->write(e->out->context, e->buffer, e->used);
    if (rc < 0)
        e->error = rc;
    e->used = 0;
}

int emit_end(emitter *e)
{
    flush(e);
    return e->error;
}

void emit_bytes(emitter *e, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0 && e->error == 0) {
        size_t room = sizeof e->buffer - e->used;
        size_t n = size < room ? size : room;

        memcpy(e->buffer + e->used, at, n);
        e->used += n;
        at += n;
        size -= n;
        if (e->used == sizeof e->buffer)
            flush(e);
    }
}

void emit_text(emitter *e, const char *text)
{
    emit_bytes(e, text, strlen(text));
}

/* Make the locale's point a '.', however many bytes it has. */
static void emit_with_point(emitter *e, const char *number)
{
    size_t plain;

    while (*number != '\0') {
        plain = strspn(number, "0123456789+-e");
        emit_bytes(e, number, plain);
        number += plain;
        if (*number == '\0')
            break;
        emit_bytes(e, ".", 1);
        number += strcspn(number, "0123456789+-e");
    }
}

void emit_double(emitter *e, double value)
{
    char number[64];

    if (!isfinite(value))
        return; /* an empty field: there is no such measurement */
    if (shortest_double(value, number)) {
        emit_text(e, number);
        return;
    }
    for (int digits = 9; digits <= 17; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, value);
        if (strtod(number, NULL) == value)
            break;
    }
    emit_with_point(e, number);
}

void emit_float(emitter *e, float value)
{
    char number[64];

    if (!isfinite(value))
        return;
    if (shortest_float(value, number)) {
        emit_text(e, number);
        return;
    }
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, (double)value);
        if (strtof(number, NULL) == value)
            break;
    }
    emit_with_point(e, number);
}

void emit_integer(emitter *e, int64_t value)
{
    char number[32];

    snprintf(number, sizeof number, "%lld", (long long)value);
    emit_text(e, number);
}

void emit_fixed(emitter *e, double value, int digits)
{
    char number[512];

    snprintf(number, sizeof number, "%.*f", digits,
             isfinite(value) ? value : 0.0);
    emit_with_point(e, number);
}

static bool needs_quotes(const char *text)
{
    return text[strcspn(text, ",\"\r\n; ")] != '\0';
}

void emit_csv(emitter *e, const char *text)
{
    bool quoted = needs_quotes(text);

    if (quoted)
        emit_bytes(e, "\"", 1);
    if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL)
        emit_bytes(e, "'", 1);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            emit_bytes(e, "\"", 1);
        emit_bytes(e, (unsigned char)*text < 0x20 ? " " : text, 1);
    }
    if (quoted)
        emit_bytes(e, "\"", 1);
}

void emit_base64(emitter *e, const void *data, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = data;

    while (size > 0) {
        size_t n = size < 3 ? size : 3;
        unsigned group = (unsigned)at[0] << 16 |
                         (n > 1 ? (unsigned)at[1] << 8 : 0) |
                         (n > 2 ? at[2] : 0);
        char four[4] = { letters[group >> 18], letters[group >> 12 & 63],
                         n > 1 ? letters[group >> 6 & 63] : '=',
                         n > 2 ? letters[group & 63] : '=' };

        emit_bytes(e, four, sizeof four);
        at += n;
        size -= n;
    }
}
