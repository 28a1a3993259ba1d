/* A job's bytes on their way to a worker and back: copied once each way.
 *
 * What is small lies in the slot, what is middling in the slot's own area,
 * what is big in one of a few pieces; all of that is mapped in both processes
 * from the start. What is bigger still gets memory of its own, of sealed size,
 * that the worker maps for this one job. A buffer is not copied at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/given.h"
#include "exec/process_pool.h"

static size_t bytes_in(const job *job)
{
    return job->in_size + (job->function == NULL ? SLOT_NAME : 0);
}

static void write_name(const job *job, char to[SLOT_NAME])
{
    memset(to, 0, SLOT_NAME);
    strcpy(to, job->name); /* its length was checked */
}

static void write_in(const job *job, char *to)
{
    if (job->function == NULL) {
        write_name(job, to);
        to += SLOT_NAME;
    }
    if (job->in_size > 0)
        memcpy(to, job->in, job->in_size);
}

static int put_in_piece(worker *worker, job *job, region_slot *slot)
{
    unsigned piece;

    if (worker->free_pieces == 0)
        return -EAGAIN;
    piece = (unsigned)__builtin_ctz(worker->free_pieces);
    worker->free_pieces &= ~(1u << piece);
    job->piece = piece + 1;
    slot->piece = piece;
    slot->in_place = slot->out_place = PLACE_PIECE;
    if (bytes_in(job) <= REGION_PIECE)
        write_in(job, worker->region->pieces[piece].in);
    return 0;
}

/* Through another opening of the same memory: a descriptor that can write
 * would let the worker change what others still read. */
static int open_for_reading(int fd)
{
    char path[32];
    int copy;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    copy = open(path, O_RDONLY | O_CLOEXEC);
    return copy < 0 ? -errno : copy;
}

/* All of it, or an error. */
static int write_all(int fd, const void *data, size_t size, off_t at)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, data, size, at);

        if (n < 0 && errno != EINTR)
            return errno == ENOSPC ? -ENOMEM : -errno;
        if (n > 0) {
            data = (const char *)data + n;
            size -= (size_t)n;
            at += n;
        }
    }
    return 0;
}

static int read_all(int fd, void *data, size_t size)
{
    for (off_t at = 0; size > 0;) {
        ssize_t n = pread(fd, data, size, at);

        if (n == 0 || (n < 0 && errno != EINTR))
            return n == 0 ? -EIO : -errno;
        if (n > 0) {
            data = (char *)data + n;
            size -= (size_t)n;
            at += n;
        }
    }
    return 0;
}

/* Through the descriptor, not the mapping: that takes no fault for each page,
 * leaves holes holes, and where memory is short it is an error. */
static int write_large(const job *job)
{
    int fd = job->large[0].fd, rc = 0;
    char name[SLOT_NAME];
    off_t at = 0;

    if (job->function == NULL) {
        write_name(job, name);
        rc = write_all(fd, name, sizeof name, 0);
        at = sizeof name;
    }
    return rc < 0 ? rc : write_all(fd, job->in, job->in_size, at);
}

/* Memory of its own for what is too big. */
static int make_large(job *job, region_slot *slot)
{
    int rc = 0;

    if (bytes_in(job) > REGION_PIECE) {
        rc = sl_shm_open(bytes_in(job), &job->large[0]);
        if (rc == 0)
            rc = write_large(job);
        if (rc < 0)
            return rc;
        slot->in_place = PLACE_SENT;
    }
    if (job->out_capacity > REGION_PIECE) {
        rc = sl_shm_open(job->out_capacity, &job->large[1]);
        slot->out_place = PLACE_SENT;
    }
    return rc;
}

/* Of memory that is ours alone the worker gets a copy, to do with as it likes.
 */
static int copy_to_file(const sl_shm *memory)
{
    int fd = memfd_create("starling-copy", MFD_CLOEXEC);
    int rc = fd < 0 ? -errno : write_all(fd, memory->data, memory->size, 0);

    if (rc == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return rc;
}

typedef struct parcel {
    sl__wire_errand errand;
    int fds[SL__WIRE_FDS], count;
    int opened[SL__WIRE_FDS], opened_count;
} parcel;

static int add_memory(parcel *parcel, enum sl__wire_memory part,
                      const sl_shm *memory, bool to_read)
{
    int fd;

    if (memory == NULL || memory->size == 0 || memory->data == NULL)
        return 0;
    if (!to_read)
        fd = memory->fd;
    else
        fd = memory->fd < 0 ? copy_to_file(memory)
                            : open_for_reading(memory->fd);
    if (fd < 0)
        return fd;
    if (to_read)
        parcel->opened[parcel->opened_count++] = fd;
    parcel->errand.size[part] = memory->size;
    parcel->fds[parcel->count++] = fd;
    return 0;
}

static int send_parcel(worker *worker, parcel *parcel, uint32_t slot)
{
    int rc = 0;

    if (parcel->count > 0) {
        parcel->errand.kind = SL__ERRAND_MEMORY;
        parcel->errand.number = slot;
        rc = sl__wire_send(sl__watch_fd(worker->channel), &parcel->errand,
                           sizeof parcel->errand, NULL, 0, parcel->fds,
                           parcel->count);
    }
    while (parcel->opened_count > 0)
        close(parcel->opened[--parcel->opened_count]);
    return rc;
}

static int send_memory(worker *worker, job *job, region_slot *slot)
{
    parcel parcel = { .count = 0 };
    int rc = add_memory(&parcel, MEMORY_IN, &job->large[0], true), sent;

    if (rc == 0)
        rc = add_memory(&parcel, MEMORY_OUT, &job->large[1], false);
    if (rc == 0)
        rc = add_memory(&parcel, MEMORY_BODY, job->body, true);
    if (rc == 0)
        rc = add_memory(&parcel, MEMORY_RESULT, job->result, false);
    if (rc < 0)
        parcel.count = 0;
    slot->sent = (uint32_t)parcel.count;
    sent = send_parcel(worker, &parcel, job->slot);
    return rc < 0 ? rc : sent;
}

static int put_buffer(worker *worker, job *job, region_slot *slot)
{
    process_buffer *buffer =
        sl__container_of(sl__buffer_of(job->buffer), process_buffer, buffer);
    parcel parcel = { .count = 0 };
    int rc;

    slot->in_place = slot->out_place = PLACE_BUFFER;
    slot->piece = buffer->number;
    if (buffer->is_mapped)
        return 0;
    (void)add_memory(&parcel, MEMORY_OUT, &buffer->memory, false);
    slot->sent = 1;
    rc = send_parcel(worker, &parcel, job->slot);
    buffer->is_mapped = rc == 0;
    return rc;
}

int sl__payload_put(worker *worker, job *job, region_slot *slot)
{
    size_t in = bytes_in(job), out = job->out_capacity;
    size_t most = in > out ? in : out;
    int rc = 0;

    slot->in_size = (uint32_t)in;
    slot->out_capacity = (uint32_t)out;
    slot->sent = 0;
    if (job->buffer != NULL)
        return put_buffer(worker, job, slot);
    slot->in_place = in <= SLOT_IN ? PLACE_SLOT : PLACE_AREA;
    slot->out_place = out <= SLOT_OUT ? PLACE_SLOT : PLACE_AREA;
    if (most > REGION_AREA && (in <= REGION_PIECE || out <= REGION_PIECE))
        rc = put_in_piece(worker, job, slot);
    else if (slot->in_place == PLACE_SLOT)
        write_in(job, slot->in);
    else if (in <= REGION_AREA)
        write_in(job, worker->region->areas[job->slot].in);
    if (rc == 0 && most > REGION_PIECE)
        rc = make_large(job, slot);
    if (rc == 0 && (most > REGION_PIECE || job->body || job->result))
        rc = send_memory(worker, job, slot);
    return rc;
}

int sl__payload_get(worker *worker, job *job, size_t size)
{
    const region *region = worker->region;
    const void *from = region->slots[job->slot].out;

    if (job->buffer != NULL || size == 0)
        return 0;
    if (job->large[1].data != NULL)
        return read_all(job->large[1].fd, job->out, size);
    if (job->piece > 0)
        from = region->pieces[job->piece - 1].out;
    else if (job->out_capacity > SLOT_OUT)
        from = region->areas[job->slot].out;
    memcpy(job->out, from, size);
    return 0;
}

void sl__payload_release(worker *worker, job *job)
{
    if (job->piece > 0)
        worker->free_pieces |= 1u << (job->piece - 1);
    job->piece = 0;
    for (int i = 0; i < 2; i++)
        if (job->large[i].data != NULL)
            sl_shm_close(&job->large[i]);
}

/* The worker, if it lives, must not keep what is given back here. */
static void buffer_free(sl_pool_buffer *public)
{
    process_buffer *buffer =
        sl__container_of(sl__buffer_of(public), process_buffer, buffer);
    sl__wire_errand errand = { .kind = SL__ERRAND_FORGET,
                               .number = buffer->number };
    worker *worker = buffer->worker;

    if (worker != NULL && buffer->is_mapped && worker->channel != NULL)
        /* One that cannot be told keeps the pages for as long as it lives. */
        (void)sl__wire_send(sl__watch_fd(worker->channel), &errand,
                            sizeof errand, NULL, 0, NULL, 0);
    if (sl__node_is_linked(&buffer->node))
        sl__node_unlink(&buffer->node);
    sl_shm_close(&buffer->memory);
    sl__release(buffer);
}

sl_pool_buffer *sl__process_buffer_new(sl_pool *base, size_t size)
{
    process_pool *pool = sl__process_pool_of(base);
    process_buffer *buffer = calloc(1, sizeof *buffer);

    if (buffer == NULL)
        return NULL;
    if (sl_shm_open(size, &buffer->memory) < 0) {
        free(buffer);
        return NULL;
    }
    buffer->buffer.public.data = buffer->memory.data;
    buffer->buffer.public.size = size;
    buffer->buffer.free = buffer_free;
    buffer->pool = pool;
    buffer->number = ++pool->next_buffer;
    sl__list_append(&pool->buffers, &buffer->node);
    return &buffer->buffer.public;
}
