/* A table of counters by name. Clients choose the names, so their number is
 * bounded: what comes after that is served, but not counted. */
#include "origin/counts.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1024, NAMES_MAX = 1 << 17 };

struct origin_count {
    struct origin_count *next;
    uint64_t count;
    char name[];
};

static size_t slot_of(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return (hash >> 32 ^ hash) % SLOTS;
}

static origin_count *find(const origin_counts *counts, const char *name)
{
    origin_count *count = counts->slots[slot_of(name)];

    while (count != NULL && strcmp(count->name, name) != 0)
        count = count->next;
    return count;
}

uint64_t origin_counts_add(origin_counts *counts, const char *name)
{
    origin_count *count = find(counts, name), **slot;
    size_t size = strlen(name) + 1;

    if (count != NULL)
        return ++count->count;
    if (counts->names == NAMES_MAX)
        return 0;
    count = malloc(sizeof *count + size);
    if (count == NULL)
        return 0;
    slot = &counts->slots[slot_of(name)];
    memcpy(count->name, name, size);
    count->count = 1;
    count->next = *slot;
    *slot = count;
    counts->names++;
    return 1;
}

uint64_t origin_counts_get(const origin_counts *counts, const char *name)
{
    const origin_count *count = find(counts, name);

    return count == NULL ? 0 : count->count;
}

void origin_counts_fini(origin_counts *counts)
{
    for (size_t i = 0; i < SLOTS; i++)
        while (counts->slots[i] != NULL) {
            origin_count *count = counts->slots[i];

            counts->slots[i] = count->next;
            free(count);
        }
    counts->names = 0;
}
