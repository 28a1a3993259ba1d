/* A function is known to another process by the file that it comes from and
 * its offset in there. The file's build id says whether both processes mean
 * the same bytes: with another build the offset would lead anywhere.
 *
 * The program itself is executed from the very file that runs here, so it may
 * lack a build id. Libraries are looked for among what the worker has loaded,
 * then at the path where this process found them.
 */
#include "exec/modules.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

typedef struct search {
    uintptr_t function;        /* looked for by address, or */
    const region_module *file; /* by build id */
    bool is_first;             /* the first module is the program */
    bool is_program, found;
    module module;
    region_module found_file;
} search;

/* A note is three words, the name and the content, each padded to four. */
static void read_notes(const char *at, size_t size, region_module *file)
{
    const char *end = at + size;

    while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *note = (const void *)at;
        size_t name = (note->n_namesz + 3u) & ~3u,
               content = (note->n_descsz + 3u) & ~3u;

        at += sizeof *note;
        if (name > (size_t)(end - at) || content > (size_t)(end - at) - name)
            return;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
            memcmp(at, "GNU", 4) == 0 && note->n_descsz <= REGION_BUILD_ID) {
            file->build_id_size = note->n_descsz;
            memcpy(file->build_id, at + name, note->n_descsz);
        }
        at += name + content;
    }
}

static bool holds(const struct dl_phdr_info *info, search *search)
{
    bool inside = false;

    search->module = (module){ .base = info->dlpi_addr, .begin = UINTPTR_MAX };
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + part->p_vaddr,
                  end = begin + part->p_memsz;

        if (part->p_type == PT_NOTE)
            read_notes((const char *)begin, part->p_memsz, &search->found_file);
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        search->module.begin = begin; /* linkers make one such part */
        search->module.end = end;
        inside |= search->function >= begin && search->function < end;
    }
    return inside;
}

static bool is_same(const region_module *a, const region_module *b)
{
    return a->build_id_size > 0 && a->build_id_size == b->build_id_size &&
           memcmp(a->build_id, b->build_id, a->build_id_size) == 0;
}

static int look_at(struct dl_phdr_info *info, size_t size, void *arg)
{
    search *search = arg;
    bool is_program = search->is_first, inside;

    (void)size;
    search->is_first = false;
    memset(&search->found_file, 0, sizeof search->found_file);
    inside = holds(info, search);
    if (search->file == NULL)
        search->found = inside;
    else if (search->is_program)
        search->found =
            is_program &&
            (is_same(search->file, &search->found_file) ||
             search->file->build_id_size + search->found_file.build_id_size ==
                 0);
    else
        search->found = is_same(search->file, &search->found_file);
    if (search->found) {
        search->is_program = is_program;
        strncpy(search->found_file.path, info->dlpi_name, REGION_PATH - 1);
    }
    return search->found;
}

static int add(const search *search, module modules[], region_module files[],
               int *count)
{
    int number = search->is_program ? 0 : *count > 0 ? *count : 1;

    if (number >= REGION_MODULES)
        return -ENOSPC;
    if (number > 0 && search->found_file.build_id_size == 0)
        return -EINVAL; /* nobody could say whether it is the same one */
    modules[number] = search->module;
    files[number] = search->found_file;
    if (*count <= number)
        *count = number + 1;
    return number;
}

int sl__module_of(uintptr_t function, module modules[], region_module files[],
                  int *count)
{
    search search = { .function = function, .is_first = true };

    for (int i = 0; i < *count; i++)
        if (function >= modules[i].begin && function < modules[i].end)
            return i;
    dl_iterate_phdr(look_at, &search);
    return search.found ? add(&search, modules, files, count) : -EINVAL;
}

int sl__module_find(const region_module *file, int is_program, uintptr_t *base)
{
    search search = { .file = file,
                      .is_first = true,
                      .is_program = is_program != 0 };

    dl_iterate_phdr(look_at, &search);
    if (!search.found && !is_program &&
        dlopen(file->path, RTLD_NOW | RTLD_LOCAL) != NULL) {
        search.is_first = true;
        search.is_program = false;
        dl_iterate_phdr(look_at, &search);
    }
    if (!search.found)
        return -ENOSYS;
    *base = search.module.base;
    return 0;
}
