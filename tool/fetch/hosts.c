/* What the governor knows of each server.
 *
 * A list may name more servers than memory should hold, so one is forgotten
 * once nobody is talking to it and the time it asked for has passed. That is
 * found out when its bucket is looked at the next time.
 */
#include "fetch/hosts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 255 };

/* What is between "//" and the path, without user name and password. */
static size_t copy_name(const char *url, char name[NAME_MAX_BYTES + 1])
{
    const char *start = strstr(url, "//"), *at;
    size_t size;

    start = start != NULL ? start + 2 : url;
    size = strcspn(start, "/?#");
    at = memrchr(start, '@', size);
    if (at != NULL) {
        size -= (size_t)(at + 1 - start);
        start = at + 1;
    }
    if (size > NAME_MAX_BYTES)
        size = NAME_MAX_BYTES;
    for (size_t i = 0; i < size; i++)
        name[i] = (char)tolower((unsigned char)start[i]);
    name[size] = '\0';
    return size;
}

static unsigned hash(const char *name)
{
    unsigned value = 2166136261u;

    for (; *name != '\0'; name++)
        value = (value ^ (unsigned char)*name) * 16777619u;
    return value ^ value >> 15;
}

/* Find by name; free on the way what has become useless. */
static host *find(host **at, const char *name)
{
    host *found = NULL;
    sl_time now = sl_now();

    while (*at != NULL) {
        host *here = *at;

        if (strcmp(here->name, name) == 0) {
            found = here;
        } else if (here->users == 0 && here->not_before <= now) {
            *at = here->next;
            free(here);
            continue;
        }
        at = &here->next;
    }
    return found;
}

host *hosts_get(hosts *hosts, const char *url)
{
    char name[NAME_MAX_BYTES + 1];
    size_t size = copy_name(url, name) + 1;
    host **bucket = &hosts->buckets[hash(name) % HOST_BUCKETS];
    host *found = find(bucket, name);

    if (found == NULL) {
        found = calloc(1, sizeof *found + size);
        if (found == NULL)
            return NULL;
        memcpy(found->name, name, size);
        found->slots = (sl_semaphore)SL_SEMAPHORE_INIT(hosts->slots_per_host);
        found->next = *bucket;
        *bucket = found;
    }
    found->users++;
    return found;
}

void hosts_put(host *host)
{
    host->users--;
}

void hosts_fini(hosts *hosts)
{
    for (int i = 0; i < HOST_BUCKETS; i++)
        while (hosts->buckets[i] != NULL) {
            host *first = hosts->buckets[i];

            hosts->buckets[i] = first->next;
            free(first);
        }
}
