/* Traces: one JSON object a stage, written when the stage is over, so that a
 * run that is killed leaves all but the closing bracket, which viewers do
 * without.
 *
 * An item has a lane, a line of its own in the viewer; a lane that has become
 * free is used again, so there are as many as items were under way at once.
 */
#include "run/trace.h"

#include <errno.h>

int trace_open(trace *trace, const char *path)
{
    *trace = (struct trace){ .file = fopen(path, "we"), .start = sl_now() };
    if (trace->file == NULL)
        return -errno;
    fputs("[\n{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\","
          "\"args\":{\"name\":\"starling\"}}",
          trace->file);
    return 0;
}

int trace_close(trace *trace)
{
    FILE *file = trace->file;
    int failed;

    if (file == NULL)
        return 0;
    trace->file = NULL;
    fputs("\n]\n", file);
    failed = ferror(file);
    return fclose(file) != 0 || failed ? (errno != 0 ? -errno : -EIO) : 0;
}

static void name_lane(trace *trace, int lane)
{
    fprintf(trace->file,
            ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%d,\"name\":\"thread_name\","
            "\"args\":{\"name\":\"item slot %d\"}}",
            lane, lane);
}

int trace_take_lane(trace *trace)
{
    int lane = 0;

    if (trace->file == NULL)
        return 0;
    while (lane < TRACE_LANES - 1 && trace->taken[lane / 64] >> lane % 64 & 1)
        lane++;
    trace->taken[lane / 64] |= UINT64_C(1) << lane % 64;
    if (lane >= trace->lanes) {
        trace->lanes = lane + 1;
        name_lane(trace, lane);
    }
    return lane;
}

void trace_give_lane(trace *trace, int lane)
{
    trace->taken[lane / 64] &= ~(UINT64_C(1) << lane % 64);
}

/* Names are clean UTF-8 on one line already. */
static void put_string(FILE *file, const char *text)
{
    putc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', file);
        putc(*text, file);
    }
    putc('"', file);
}

const char *trace_kind_name(enum trace_kind kind)
{
    static const char *const kinds[TRACE_KINDS] = {
        [TRACE_FETCH] = "fetch", [TRACE_KEEP] = "keep",
        [TRACE_WAIT] = "wait",   [TRACE_ANALYZE] = "analyze",
        [TRACE_WRITE] = "write",
    };

    return kinds[kind];
}

void trace_stage(trace *trace, int lane, enum trace_kind kind, const char *name,
                 sl_time begin, sl_time end)
{
    if (trace->file == NULL)
        return;
    fprintf(trace->file,
            ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"name\":\"%s\","
            "\"cat\":\"item\",\"ts\":%.3f,\"dur\":%.3f,\"args\":{\"item\":",
            lane, trace_kind_name(kind), (double)(begin - trace->start) / 1e3,
            (double)(end - begin) / 1e3);
    put_string(trace->file, name);
    fputs("}}", trace->file);
}
