/* One job in a worker: its function, its bytes, its limits. */
#include "exec/worker_job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <starling/pool.h>

#include "exec/modules.h"
#include "sched/words.h"

static void look_for_module(region *region, functions *functions,
                            uint32_t module)
{
    pthread_mutex_lock(&functions->lock);
    if (!atomic_load(&functions->modules[module].was_looked_for)) {
        functions->modules[module].rc =
            sl__module_find(&region->modules[module], module == 0,
                            &functions->modules[module].base);
        atomic_store(&functions->modules[module].was_looked_for, true);
    }
    pthread_mutex_unlock(&functions->lock);
}

static int find_function(region *region, functions *functions, uint32_t module,
                         uint64_t offset, uintptr_t *function)
{
    if (module >= REGION_MODULES)
        return -ENOSYS;
    if (!atomic_load_explicit(&functions->modules[module].was_looked_for,
                              memory_order_acquire))
        look_for_module(region, functions, module);
    *function = functions->modules[module].base + offset;
    return functions->modules[module].rc;
}

void sl__buffer_forget(buffer_list *buffers, uint32_t number)
{
    pthread_mutex_lock(&buffers->lock);
    for (size_t i = 0; i < buffers->count; i++)
        if (buffers->entries[i].number == number) {
            munmap(buffers->entries[i].memory.data,
                   buffers->entries[i].memory.size);
            buffers->entries[i] = buffers->entries[--buffers->count];
            break;
        }
    pthread_mutex_unlock(&buffers->lock);
}

/* Keep what came for the slot as the buffer of that number. */
static int keep(buffer_list *buffers, uint32_t number, sl_shm *memory)
{
    if (buffers->count == buffers->capacity) {
        size_t capacity = buffers->capacity ? 2 * buffers->capacity : 64;
        void *entries =
            realloc(buffers->entries, capacity * sizeof *buffers->entries);

        if (entries == NULL)
            return -ENOMEM;
        buffers->entries = entries;
        buffers->capacity = capacity;
    }
    buffers->entries[buffers->count].number = number;
    buffers->entries[buffers->count++].memory = *memory;
    memory->data = NULL;
    return 0;
}

static int find_buffer(buffer_list *buffers, uint32_t number,
                       worker_memory *sent, sl_shm *out)
{
    int rc = 0;

    pthread_mutex_lock(&buffers->lock);
    if (sent->part[MEMORY_OUT].data != NULL)
        rc = keep(buffers, number, &sent->part[MEMORY_OUT]);
    *out = (sl_shm){ .fd = -1 };
    for (size_t i = 0; i < buffers->count && rc == 0; i++)
        if (buffers->entries[i].number == number)
            *out = buffers->entries[i].memory;
    pthread_mutex_unlock(&buffers->lock);
    return rc < 0 ? rc : out->data == NULL ? -ENOMEM : 0;
}

static void *place_of(region *region, uint32_t number, unsigned place, int out)
{
    region_slot *slot = &region->slots[number];
    uint32_t piece = slot->piece % REGION_PIECES;

    if (place == PLACE_SLOT)
        return out ? slot->out : slot->in;
    if (place == PLACE_AREA)
        return out ? region->areas[number].out : region->areas[number].in;
    return out ? region->pieces[piece].out : region->pieces[piece].in;
}

static int place_bytes(region *region, uint32_t number, buffer_list *buffers,
                       worker_memory *sent, sl_job_io *io)
{
    const region_slot *slot = &region->slots[number];
    sl_shm buffer;
    int rc;

    io->in_size = slot->in_size;
    io->out_capacity = slot->out_capacity;
    if (sent->rc < 0)
        return sent->rc;
    if (slot->in_place == PLACE_BUFFER) {
        rc = find_buffer(buffers, slot->piece, sent, &buffer);
        io->in = io->out = buffer.data;
        return rc;
    }
    io->in = slot->in_place == PLACE_SENT
                 ? sent->part[MEMORY_IN].data
                 : place_of(region, number, slot->in_place, 0);
    io->out = slot->out_place == PLACE_SENT
                  ? sent->part[MEMORY_OUT].data
                  : place_of(region, number, slot->out_place, 1);
    io->body = sent->part[MEMORY_BODY];
    io->result = sent->part[MEMORY_RESULT];
    return 0;
}

/* The name lies before the input. */
static int run_named(const sl_job_entry *jobs, sl_job_io *io)
{
    char name[SLOT_NAME];

    if (jobs == NULL || io->in_size < sizeof name)
        return -ENOSYS;
    memcpy(name, io->in, sizeof name);
    name[sizeof name - 1] = '\0';
    io->in = (const char *)io->in + sizeof name;
    io->in_size -= sizeof name;
    for (; jobs->name != NULL; jobs++)
        if (strcmp(jobs->name, name) == 0)
            return jobs->job(io);
    return -ENOSYS;
}

/* Address space in use, from the kernel's short list. */
static int used_bytes(uint64_t *out)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long pages;
    int n;

    if (file == NULL)
        return -ENOTSUP;
    n = fscanf(file, "%llu", &pages);
    fclose(file);
    *out = pages * 4096;
    return n == 1 ? 0 : -ENOTSUP;
}

/* Let the address space grow by `bytes` at most; 0: as before. A sandbox that
 * forbids it has set a limit of its own. */
static int limit_memory(uint64_t bytes)
{
    struct rlimit limit;
    uint64_t used;
    int rc = 0;

    if (getrlimit(RLIMIT_AS, &limit) < 0)
        return -ENOTSUP;
    limit.rlim_cur = limit.rlim_max;
    if (bytes > 0) {
        rc = used_bytes(&used);
        if (rc == 0 && used + bytes < limit.rlim_max)
            limit.rlim_cur = used + bytes;
    }
    if (rc == 0 && setrlimit(RLIMIT_AS, &limit) < 0)
        rc = -ENOTSUP;
    return rc;
}

static int call(region *region, const region_slot *slot, functions *functions,
                const sl_job_entry *jobs, sl_job_io *io)
{
    uintptr_t function;
    int rc;

    if (slot->module == SLOT_NAMED)
        return run_named(jobs, io);
    rc = find_function(region, functions, slot->module, slot->function,
                       &function);
    if (rc < 0)
        return rc;
    return ((sl_job *)function)(io->in, io->in_size, io->out, io->out_capacity);
}

int sl__worker_run(region *region, uint32_t number, const sl_job_entry *jobs,
                   functions *functions, buffer_list *buffers,
                   worker_memory *sent)
{
    region_slot *slot = &region->slots[number];
    sl_job_io io = { .body.fd = -1, .result.fd = -1 };
    int rc = place_bytes(region, number, buffers, sent, &io);

    if (rc == 0 && slot->memory > 0)
        rc = limit_memory(slot->memory);
    sl__words_forget();
    if (rc == 0)
        rc = call(region, slot, functions, jobs, &io);
    if (slot->memory > 0)
        (void)limit_memory(0); /* it can only fail where the first one did */
    /* Not more than there is room for: an error of the job, told as one. */
    if (rc > 0 && (size_t)rc > io.out_capacity)
        rc = -EMSGSIZE;
    if (rc < 0)
        snprintf(slot->out, sizeof slot->out, "%s", sl__words_about(rc));
    return rc;
}

int sl__worker_init(region *region, functions *functions, void *arg)
{
    uintptr_t function;
    int rc = find_function(region, functions, region->init_module,
                           region->init_function, &function);

    return rc < 0 ? rc : ((sl_fn *)function)(arg);
}
