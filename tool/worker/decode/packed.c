/* How much is within nobody can know before, so all that it may be is mapped,
 * and only what comes is ever touched; what is left over goes back at once, or
 * the decoder would have that much less.
 */
#include "worker/decode/packed.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "worker/decode/sniff.h"
#include "worker/decode/unpack.h"

#pragma weak unpack_bzip2
#pragma weak unpack_zstd_file

enum { LOOK_MAX = 512 }; /* bytes; text is told from others by as many */

static const struct {
    const char *name, *needs; /* what it is built with */
    uint32_t (*unpack)(unpacking *u);
} packings[JOB_PACKINGS] = {
    [JOB_GZIP] = { "gzip", "zlib1g-dev", unpack_gzip },
    [JOB_BZIP2] = { "bzip2", "libbz2-dev", unpack_bzip2 },
    [JOB_ZSTD] = { "zstd", "libzstd-dev", unpack_zstd_file },
};

static uint32_t run(uint32_t packing, unpacking *u)
{
    return packings[packing].unpack != NULL ? packings[packing].unpack(u)
                                            : JOB_UNSUPPORTED;
}

static uint32_t refuse(uint32_t verdict, uint32_t packing, refusal *why)
{
    const char *name = packings[packing].name;

    switch (verdict) {
    case JOB_UNSUPPORTED:
        return decode_refuse(why, verdict,
                             "%s is read where %s was there at build time",
                             name, packings[packing].needs);
    case JOB_TRUNCATED:
        return decode_refuse(why, verdict, "the %s data end before their end",
                             name);
    case JOB_TOO_LARGE:
        return decode_refuse(why, verdict,
                             "what is within the %s data is over --max-bytes",
                             name);
    case JOB_NO_MEMORY:
        return decode_refuse(why, verdict,
                             "not enough memory for what is within the %s data",
                             name);
    case JOB_EMPTY:
        return decode_refuse(why, verdict, "there is nothing in the %s data",
                             name);
    default:
        return decode_refuse(why, JOB_CORRUPT, "error in the %s data", name);
    }
}

static uint32_t unpack_all(uint32_t packing, const decode_source *source,
                           size_t room, packed *out)
{
    uint8_t *to = mmap(NULL, room, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    unpacking u = { source->data, source->size, to, room, 0, 0 };
    uint32_t verdict;

    if (to == MAP_FAILED)
        return JOB_NO_MEMORY;
    verdict = run(packing, &u);
    if (verdict == JOB_GOOD && u.used == 0)
        verdict = JOB_EMPTY;
    if (verdict != JOB_GOOD) {
        munmap(to, room);
        return verdict;
    }
    /* Making it smaller in its place cannot fail. */
    *out = (packed){ mremap(to, room, u.used, 0), u.used };
    return JOB_GOOD;
}

uint32_t packed_open(decode_source *source, uint64_t max_bytes, packed *out,
                     refusal *why)
{
    uint32_t packing = sniff_packing(source->data, source->size);
    uint32_t verdict;

    *out = (packed){ 0 };
    if (packing == JOB_PLAIN)
        return JOB_GOOD;
    verdict = unpack_all(packing, source, max_bytes, out);
    if (verdict != JOB_GOOD)
        return refuse(verdict, packing, why);
    source->data = out->data;
    source->size = out->size;
    return JOB_GOOD;
}

void packed_close(packed *packed)
{
    if (packed->data != NULL)
        munmap(packed->data, packed->size);
    *packed = (struct packed){ 0 };
}

/* Too little room for all is what it is given. */
static void look(const uint8_t *data, size_t size, job_look_answer *answer)
{
    uint8_t first[LOOK_MAX];
    unpacking u = { data, size, first, sizeof first, 0, 0 };
    uint32_t packing = sniff_packing(data, size), verdict;
    refusal why = { "" };
    sniffed found;

    verdict = packing != JOB_PLAIN ? run(packing, &u) : JOB_CORRUPT;
    if (verdict == JOB_TOO_LARGE && u.used == sizeof first)
        verdict = JOB_GOOD;
    if (verdict == JOB_GOOD && u.used == 0)
        verdict = JOB_EMPTY;
    if (verdict == JOB_GOOD) {
        found = sniff(first, u.used);
        answer->verdict = found.verdict;
        answer->format = found.format;
        if (found.verdict != JOB_GOOD)
            decode_refuse(&why, found.verdict, "within %s: %s",
                          packings[packing].name, found.reason);
    } else {
        answer->verdict = refuse(verdict, packing, &why);
    }
    memcpy(answer->reason, why.reason, sizeof answer->reason);
}

int worker_look(const sl_job_io *io)
{
    job_look_request request;
    job_look_answer answer = { 0 };

    if (io->in_size != sizeof request || io->out_capacity < sizeof answer)
        return -EINVAL;
    memcpy(&request, io->in, sizeof request);
    if (request.body_size > io->body.size)
        return -EINVAL;
    look(io->body.data, request.body_size, &answer);
    memcpy(io->out, &answer, sizeof answer);
    return sizeof answer;
}
