/* What the programs that parse pictures have in common: all but the list of
 * decoders.
 *
 * The main program starts it and hands it pictures; it alone links the image
 * libraries. All of them are set up once, before the workers fork and before
 * the sandbox closes; after that a worker opens nothing any more, holds no
 * descriptor but its channel, and can only compute.
 */
#include "worker/program.h"

#include <starling/sandbox.h>
#include <starling/worker.h>

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "worker/decode/decode.h"
#include "worker/job.h"
#include "worker/decode/packed.h"
#include "worker/sky/sky.h"
#include "worker/picture_job.h"
#include "worker/decode/unpack.h"
#include "worker/warm_up.h"

/* For each thread: what a picture of the largest size that is allowed can take
 * (planes, the same as floats several times over, what a detector lists, what
 * a result may take), and on top of it the program, its libraries, the mapped
 * file, and what was packed within it. 4.2 GiB for 100 megapixels: three
 * colours as floats are 12 bytes. */
#define MEMORY_LEAST ((uint64_t)1 << 30)
#define MEMORY_BASE ((uint64_t)512 << 20)
#define MEMORY_A_PIXEL 40
#define PIXELS_DEFAULT ((uint64_t)100000000)

static const worker_program *program;

/* Memory goes back to the system in large pieces only: pages that are fresh
 * for every picture cost as much as its detection. */
static int warm_up(void)
{
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    if (program->warm_up != NULL) {
        int rc = program->warm_up();

        if (rc < 0)
            return rc;
    }
    return worker_warm_up();
}

static sl_sandbox_result sandbox;

static int tell_sandbox(const sl_job_io *io)
{
    job_sandbox_answer answer = { .in_force = sandbox.in_force,
                                  .missing = sandbox.missing,
                                  .landlock_abi = sandbox.landlock_abi };

    if (io->out_capacity < sizeof answer)
        return -EMSGSIZE;
    memcpy(io->out, &answer, sizeof answer);
    return sizeof answer;
}

static int tell_formats(const sl_job_io *io)
{
    uint32_t formats = decode_formats();

    if (io->out_capacity < sizeof formats)
        return -EMSGSIZE;
    memcpy(io->out, &formats, sizeof formats);
    return sizeof formats;
}

/* Where memory was short, a library may have kept it: cfitsio 4.2 eats all
 * there is on a broken gzip stream, and gives none back. The next picture is
 * for a fresh process. */
static int work_on_picture(const sl_job_io *io)
{
    const job_answer *answer = io->out;
    int rc = worker_picture(io);

    if (rc == -ENOMEM || (rc > 0 && answer->verdict == JOB_NO_MEMORY))
        sl_worker_retire();
    return rc;
}

/* All that are lacking are named, not only the first one. */
static int judge_sandbox(void)
{
    const job_settings *settings = sl_worker_arg(NULL);
    unsigned required = settings != NULL ? settings->required_layers : 0;
    char names[120];

    sl_sandbox_names(sandbox.missing, names, sizeof names);
    if (sandbox.missing & required) {
        sl_worker_note("this machine lacks %s, and the sandbox is required",
                       names);
        return -ENOTSUP;
    }
    if (sandbox.missing != 0)
        sl_worker_note("workers run without %s", names);
    return 0;
}

static uint64_t memory_of_a_thread(void)
{
    const job_settings *settings = sl_worker_arg(NULL);
    uint64_t pixels = settings != NULL && settings->max_pixels > 0
                          ? settings->max_pixels
                          : PIXELS_DEFAULT;
    uint64_t within = settings != NULL && settings->max_bytes > 0
                          ? settings->max_bytes
                          : PACKED_MAX_BYTES;
    uint64_t memory = MEMORY_BASE + MEMORY_A_PIXEL * pixels + within;

    return memory > MEMORY_LEAST ? memory : MEMORY_LEAST;
}

static int enter(void)
{
    /* The standard three are /dev/null; without them a job's memory would get
     * their numbers, and a library that prints would write there. */
    static const int keep[] = { 0, 1, 2, SL_WORKER_CHANNEL };
    int threads = sl_worker_threads();
    sl_sandbox_profile profile = {
        .keep = keep,
        .keep_count = sizeof keep / sizeof *keep,
        .memory = memory_of_a_thread() * (uint64_t)threads,
        .needs = threads > 1 || program->has_threads ? SL_SANDBOX_THREADS : 0,
    };
    int rc = sl_sandbox_enter(&profile, &sandbox);

    return rc < 0 ? rc : judge_sandbox();
}

/* A leak checker asks for this by its name. SEP 1.2.1 loses a little with every
 * catalogue, which nothing outside of it can free, libheif 1.15 and dav1d with
 * every broken picture: see the main program's limit on a worker's jobs. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
    return "leak:libsep.so\nleak:libheif.so\nleak:libdav1d.so\n";
}

int worker_program_main(int argc, char **argv, const worker_program *this)
{
    static const sl_job_entry jobs[] = {
        { JOB_PICTURE, work_on_picture },
        { JOB_UNPACK, worker_unpack },
        { JOB_LOOK, worker_look },
        { JOB_SKY, worker_sky },
        { JOB_SANDBOX, tell_sandbox },
        { JOB_READS, tell_formats },
        { NULL, NULL },
    };
    sl_worker_options options = { .jobs = jobs,
                                  .warm_up = warm_up,
                                  .enter = enter };

    program = this;
    return sl_worker_main(argc, argv, &options);
}
