/* emit.h: text on its way out, gathered into larger writes. The first error
 * sticks, so a writer asks once, at the end. Private to the report. */
#ifndef TOOL_REPORT_EMIT_H
#define TOOL_REPORT_EMIT_H

#include <stddef.h>
#include <stdint.h>

#include "report/report.h"

typedef struct emitter {
    const report_out *out;
    int error; /* 0, or the first negative errno */
    size_t used;
    char buffer[16 << 10];
} emitter;

void emit_start(emitter *e, const report_out *out);

/* Write the rest; returns the first error. */
int emit_end(emitter *e);

void emit_bytes(emitter *e, const void *data, size_t size);
void emit_text(emitter *e, const char *text);

/* The shortest decimal that reads back as the same number. */
void emit_double(emitter *e, double value);
void emit_float(emitter *e, float value);

void emit_integer(emitter *e, int64_t value);

/* Seconds and the like, with so many digits behind the point. */
void emit_fixed(emitter *e, double value, int digits);

/* A field of a table, in quotes where it needs them. Spreadsheets run what
 * begins with '=' as a formula, and a title can come from a server: such a
 * field gets an apostrophe before it. */
void emit_csv(emitter *e, const char *text);

void emit_base64(emitter *e, const void *data, size_t size);

#endif
