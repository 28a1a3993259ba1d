/* starling doctor: what this machine offers, and what a run makes of it. For
 * whoever sets up a machine, and for whoever wonders why a run is slow or says
 * that a layer is lacking.
 */
#include "cmd/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <starling/error.h>
#include <starling/sandbox.h>

#include "run/descriptors.h"
#include "cmd/machine.h"
#include "run/outcome.h"

typedef struct layer {
    unsigned bit;
    const char *gives; /* where it is in force */
    const char *needs; /* where it is not */
} layer;

static const layer layers[] = {
    { SL_SANDBOX_CLOSE_RANGE, "no descriptor but its own", "Linux 5.9" },
    { SL_SANDBOX_RLIMITS, "bounded memory and files", "setrlimit()" },
    { SL_SANDBOX_CAPABILITIES, "nothing that only root may", "capset()" },
    { SL_SANDBOX_NO_NEW_PRIVS, "no program gives rights back", "Linux 3.5" },
    { SL_SANDBOX_LANDLOCK, "no file", "Linux 5.13 with lsm=landlock" },
    { SL_SANDBOX_SECCOMP, "about 40 system calls", "CONFIG_SECCOMP_FILTER" },
};

enum { LAYERS = sizeof layers / sizeof layers[0] };

/* What follows for a run with the options as they are. */
typedef struct plan {
    int workers;
    long items;
    uint64_t budget;
} plan;

static plan plan_of(const struct options *options, const machine *machine)
{
    int wanted =
        options->workers > 0 ? (int)options->workers : machine->grants.cores;
    plan plan = { .workers = descriptors_workers(wanted),
                  .budget = options->memory > 0 ? (uint64_t)options->memory
                                                : budget_standard() };

    plan.items = descriptors_items(options->downloads, plan.workers);
    return plan;
}

/* One line of the table: a thing, how it is, what that means. */
static void print_row(console *console, const char *thing, const char *found,
                      const char *meaning)
{
    console_line(console, "  %-15s  %-20s  %s", thing, found, meaning);
}

static void print_yes_or_no(console *console, const char *thing, bool is_there,
                            const char *with, const char *without)
{
    print_row(console, thing, is_there ? "yes" : "no",
              is_there ? with : without);
}

/* The version decides what there is to forbid. */
static const char *landlock_gives(int version)
{
    return version >= 6   ? "no file, no TCP, no signal to others"
           : version >= 4 ? "no file, no TCP"
                          : "no file";
}

static void print_layer(console *console, const layer *layer,
                        const job_sandbox_answer *sandbox)
{
    char name[32], found[32], meaning[64];
    bool is_landlock = layer->bit == SL_SANDBOX_LANDLOCK;

    sl_sandbox_names(layer->bit, name, sizeof name);
    if (!(sandbox->in_force & layer->bit)) {
        snprintf(meaning, sizeof meaning, "needs %s", layer->needs);
        print_row(console, name, "lacking", meaning);
        return;
    }
    if (is_landlock)
        snprintf(found, sizeof found, "in force, version %d",
                 sandbox->landlock_abi);
    print_row(console, name, is_landlock ? found : "in force",
              is_landlock ? landlock_gives(sandbox->landlock_abi)
                          : layer->gives);
}

static void print_sandbox(console *console, const machine *machine)
{
    const job_sandbox_answer *sandbox = &machine->sandbox;

    console_line(console, "The workers' sandbox: %s",
                 sandbox->missing == 0 ? "complete"
                                       : "some layers are lacking");
    for (int i = 0; i < LAYERS; i++)
        print_layer(console, &layers[i], sandbox);
}

static void print_grants(console *console, const machine *machine,
                         const plan *plan)
{
    char found[64], meaning[64];

    snprintf(found, sizeof found, "%d of %d", machine->grants.cores,
             machine->cores);
    snprintf(meaning, sizeof meaning, "%d workers", plan->workers);
    print_row(console, "cores granted", found, meaning);
    snprintf(found, sizeof found, "%.1f of %.1f GiB",
             (double)machine->grants.memory / (1 << 30),
             (double)machine->memory / (1 << 30));
    snprintf(meaning, sizeof meaning, "%llu MiB for pictures on their way",
             (unsigned long long)(plan->budget >> 20));
    print_row(console, "memory granted", found, meaning);
    if (machine->files_hard == UINT64_MAX)
        snprintf(found, sizeof found, "no limit");
    else
        snprintf(found, sizeof found, "%llu",
                 (unsigned long long)machine->files_hard);
    snprintf(meaning, sizeof meaning, "%ld downloads at a time", plan->items);
    print_row(console, "open files", found, meaning);
}

static void print_features(console *console, const machine *machine)
{
    print_yes_or_no(console, "pidfd", machine->grants.has_pidfds,
                    "watches and ends workers", "workers need it: Linux 5.3");
    print_yes_or_no(console, "sealed memory", machine->grants.has_sealed_memory,
                    "workers cannot shrink what they share",
                    "workers need it: Linux 3.17");
    print_yes_or_no(console, "guard regions", machine->grants.has_guard_regions,
                    "stacks are guarded for free",
                    "a memory map for each stack instead");
    print_yes_or_no(console, "user namespaces", machine->has_user_namespaces,
                    "not needed", "not needed");
    print_yes_or_no(console, "/dev/shm", machine->has_shared_folder,
                    "not needed", "not needed");
}

typedef struct rare_format {
    uint32_t format;
    const char *name, *library;
} rare_format;

static const rare_format rare_formats[] = {
    { JOB_TIFF, "TIFF", "libtiff-dev" },
    { JOB_HEIF, "HEIF", "libheif-dev" },
    { JOB_AVIF, "AVIF", "libheif-dev" },
};

enum { RARE_FORMATS = sizeof rare_formats / sizeof rare_formats[0] };

static void print_formats(console *console, const machine *machine)
{
    char without[64];

    for (int i = 0; i < RARE_FORMATS; i++) {
        const rare_format *rare = &rare_formats[i];

        snprintf(without, sizeof without, "build it where %s is installed",
                 rare->library);
        print_yes_or_no(console, rare->name,
                        (machine->formats & 1u << rare->format) != 0,
                        "by starling-worker-rare", without);
    }
}

static json_t *formats_object(const machine *machine)
{
    json_t *object = json_object();

    for (int i = 0; i < RARE_FORMATS; i++)
        /* Fails like that of the layers. */
        (void)json_object_set_new(
            object, rare_formats[i].name,
            json_boolean((machine->formats & 1u << rare_formats[i].format) !=
                         0));
    return object;
}

static json_t *layers_object(const machine *machine)
{
    json_t *list = json_array();
    char name[32];

    for (int i = 0; i < LAYERS; i++) {
        sl_sandbox_names(layers[i].bit, name, sizeof name);
        /* Fails without memory, and with a list that is NULL: then packing
         * fails, too. */
        (void)json_array_append_new(
            list, json_pack("{s:s,s:b}", "name", name, "in_force",
                            (machine->sandbox.in_force & layers[i].bit) != 0));
    }
    return list;
}

/* -1 stands for no limit. */
static json_int_t limit_of(uint64_t limit)
{
    return limit == UINT64_MAX ? -1 : (json_int_t)limit;
}

static json_t *object_of(const machine *machine, const plan *plan)
{
    const sl_machine *grants = &machine->grants;

    return json_pack(
        "{s:i,s:s,s:s,s:{s:b,s:i,s:o},s:{s:i,s:i},s:{s:I,s:I},s:{s:I,s:I},"
        "s:b,s:b,s:b,s:b,s:b,s:o,s:{s:i,s:i,s:I}}",
        "schema", 1, "version", STARLING_VERSION, "system", machine->system,
        "sandbox", "complete", machine->sandbox.missing == 0, "landlock_abi",
        machine->sandbox.landlock_abi, "layers", layers_object(machine),
        "cores", "granted", grants->cores, "online", machine->cores, "memory",
        "granted", (json_int_t)grants->memory, "total",
        (json_int_t)machine->memory, "open_files", "soft",
        limit_of(machine->files_soft), "hard", limit_of(machine->files_hard),
        "pidfd", grants->has_pidfds, "sealed_memory", grants->has_sealed_memory,
        "guard_regions", grants->has_guard_regions, "user_namespaces",
        machine->has_user_namespaces, "dev_shm", machine->has_shared_folder,
        "formats", formats_object(machine), "run", "workers", plan->workers,
        "downloads", (int)plan->items, "memory", (json_int_t)plan->budget);
}

static int print_json(run *run, const machine *machine, const plan *plan)
{
    json_t *object = object_of(machine, plan);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(1)) : NULL;

    if (text != NULL)
        console_json(run->console, text, strlen(text));
    free(text);
    json_decref(object);
    return text != NULL ? 0 : -ENOMEM;
}

static int tell(run *run, const machine *machine)
{
    char names[120];
    plan plan;

    descriptors_raise_limit();
    plan = plan_of(run->options, machine);
    console_line(run->console, "starling %s on %s", STARLING_VERSION,
                 machine->system);
    print_sandbox(run->console, machine);
    console_line(run->console, "The machine, and what a run makes of it");
    print_grants(run->console, machine, &plan);
    print_features(run->console, machine);
    console_line(run->console, "Pictures of rare formats");
    print_formats(run->console, machine);
    if (run->options->require_sandbox && machine->sandbox.missing != 0) {
        sl_sandbox_names(machine->sandbox.missing, names, sizeof names);
        run_fail(run, STATUS_USAGE,
                 "this machine lacks %s, and the sandbox is required", names);
    }
    return run->options->json ? print_json(run, machine, &plan) : 0;
}

int command_doctor(run *run)
{
    machine machine;
    int rc;

    machine_look(&machine);
    rc = machine_look_at_workers(&machine);
    if (rc == 0)
        rc = tell(run, &machine);
    if (rc < 0)
        run_fail(run, STATUS_INTERNAL, "cannot start a worker: %s",
                 sl_explain(rc));
    return outcome_status(run);
}
