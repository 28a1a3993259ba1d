/* starling: find stars in pictures by the thousand. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>

#include "cli/completion.h"
#include "cli/config.h"
#include "cli/config_show.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/last_words.h"
#include "cli/options.h"
#include "cmd/commands.h"
#include "cmd/tasks_told.h"
#include "run/descriptors.h"

enum { COMMAND_LINE_MAX = 4096 };

typedef struct program {
    struct options options;
    console console;
    char command_line[COMMAND_LINE_MAX];
} program;

/* Who asks how far it is must not end it: not before anybody listens, ... */
static void ignore_questions(void)
{
    signal(SIGUSR1, SIG_IGN);
}

/* ... and not after, when the default would hold again. No other thread of ours
 * takes signals. */
static void shut_ears(void)
{
    sigset_t question;

    sigemptyset(&question);
    sigaddset(&question, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &question, NULL);
}

static int run_command(void *arg)
{
    static int (*const commands[COMMANDS])(run *) = {
        [COMMAND_DEMO] = command_demo,     [COMMAND_APOD] = command_apod,
        [COMMAND_STARS] = command_inputs,  [COMMAND_THUMBS] = command_inputs,
        [COMMAND_EDGES] = command_inputs,  [COMMAND_RUN] = command_inputs,
        [COMMAND_REPORT] = command_report, [COMMAND_STATUS] = command_status,
        [COMMAND_RETRY] = command_retry,   [COMMAND_COMPARE] = command_compare,
        [COMMAND_DOCTOR] = command_doctor, [COMMAND_SERVE] = command_serve,
    };
    static const sl_spawn_options told = { .name = "tell the tasks",
                                           .eager = true };
    program *program = arg;
    sl_group beside;
    int status, closed;
    run run = { .options = &program->options,
                .console = &program->console,
                .out = program->options.out,
                .command_line = program->command_line,
                .start = sl_now() };

    sl_group_open(&beside);
    /* It listens before the command says a word. */
    sl_group_spawn_with(&beside, &told, tasks_told_on_signal, &run, 0);
    status = commands[program->options.command](&run);
    shut_ears(); /* before it stops listening */
    sl_group_cancel(&beside);
    closed = sl_group_close(&beside);
    if (closed == 0 || closed == SL_ECANCELED || status != STATUS_DONE)
        return status;
    console_message(run.console, "%s", sl_strerror(closed));
    return STATUS_INTERNAL;
}

static int read_settings(program *program, int argc, char **argv)
{
    options_error error;
    int rc = options_parse(argc, argv, &program->options, &error);

    if (rc == 0 && !program->options.help && !program->options.version) {
        /* Shells ask for completions when they start, whatever a file says. */
        if (program->options.command != COMMAND_COMPLETION)
            rc = config_load(&program->options, &error);
        if (rc == 0)
            rc = options_check(&program->options, &error);
    }
    console_hide(&program->console, program->options.api_key);
    if (rc < 0)
        console_message(&program->console, "%s", error.text);
    return rc;
}

/* What is only printed needs no loop. */
static bool print_text(const struct options *options, int *status)
{
    *status = STATUS_DONE;
    if (options->version) {
        printf("starling %s\n", STARLING_VERSION);
    } else if (options->help || options->command == COMMAND_NONE) {
        help_print(options->help ? stdout : stderr, options->command);
        *status = options->help ? STATUS_DONE : STATUS_USAGE;
    } else if (options->command == COMMAND_CONFIG) {
        config_show(stdout, options);
    } else if (options->command == COMMAND_COMPLETION) {
        if (completion_write(stdout, options->inputs[0]) < 0)
            *status = STATUS_USAGE;
    } else {
        return false;
    }
    /* A reader that has gone is no error, as everywhere. */
    if (fflush(stdout) != 0 && errno != EPIPE)
        *status = STATUS_OUTPUT;
    return true;
}

static int go(program *program, int argc, char **argv)
{
    long files;
    int rc;

    if (read_settings(program, argc, argv) < 0)
        return STATUS_USAGE;
    if (print_text(&program->options, &rc)) {
        if (rc == STATUS_OUTPUT)
            console_message(&program->console,
                            "cannot write to standard output: %s",
                            strerror(errno));
        return rc;
    }
    program->console.quiet = program->options.quiet;
    program->console.out_is_json = program->options.json;
    text_command_line("starling", argc, argv, &program->console.secrets,
                      program->command_line, COMMAND_LINE_MAX);
    if (!descriptors_suffice(&files)) {
        console_message(&program->console,
                        "only %ld files may be open at once here, and %d is "
                        "the least that this takes (ulimit -n)",
                        files, DESCRIPTORS_LEAST);
        return STATUS_USAGE;
    }
    sl_stops_watch();
    rc = sl_run(run_command, program);
    if (rc >= 0)
        return rc;
    console_message(&program->console, "%s", sl_explain(rc));
    return STATUS_INTERNAL;
}

int main(int argc, char **argv)
{
    static program program;
    int status;

    ignore_questions();
    last_words_prepare();
    console_init(&program.console, "starling");
    status = go(&program, argc, argv);
    options_fini(&program.options);
    console_fini(&program.console);
    return status;
}
