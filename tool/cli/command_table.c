/* Every command, once. */
#include "cli/option_table.h"

#define INPUTS                                                                 \
    "INPUT is a picture, a folder of pictures, a pattern such as "             \
    "'sky/**/m31*', a URL, or - for a list on the standard input."

const struct command_entry command_table[COMMANDS] = {
    [COMMAND_DEMO] = {
        .name = "demo", .arguments = "",
        .summary = "show the whole thing, offline",
        .text = "Starts a picture server on this machine, fetches star fields "
                "from it as apod does from the real service, finds the stars "
                "on every core and writes a report. The server misbehaves on "
                "purpose now and then; the summary names each failure.",
        .examples = { "demo",
                      "demo --out my-demo --marks numbers" },
    },
    [COMMAND_APOD] = {
        .name = "apod", .arguments = "",
        .summary = "pictures of the day, and the stars in them",
        .text = "Asks NASA's Astronomy Picture of the Day service for "
                "pictures, fetches them, finds the stars in each on every "
                "core, and writes marked pictures, a catalogue and a report.",
        .examples = { "apod --count 5",
                      "apod --date today --out today",
                      "apod --start-date 2024-05-01 --end-date 2024-05-31 --out may" },
    },
    [COMMAND_STARS] = {
        .name = "stars", .arguments = "INPUT...", .takes_inputs = true,
        .summary = "find stars in pictures",
        .text = "Finds the stars in pictures, marks them, and writes the "
                "catalogue. " INPUTS,
        .examples = { "stars ~/pictures",
                      "stars 'sky/*.fits' --out sky --marks numbers",
                      "stars --urls list.csv --out archive --threshold 8" },
    },
    [COMMAND_THUMBS] = {
        .name = "thumbs", .arguments = "INPUT...", .takes_inputs = true,
        .summary = "make thumbnails of pictures",
        .text = "Shrinks pictures to thumbnails of one or several sizes. They "
                "are upright whatever the camera noted, in sRGB, and as sharp "
                "as if made from the full picture. " INPUTS,
        .examples = { "thumbs ~/pictures --widths 320,1280",
                      "thumbs ~/pictures --size 200x200 --fit crop --format webp" },
    },
    [COMMAND_EDGES] = {
        .name = "edges", .arguments = "INPUT...", .takes_inputs = true,
        .summary = "trace the edges in pictures",
        .text = "Draws in white on black where a picture's colours change "
                "from pixel to pixel. " INPUTS,
        .examples = { "edges moon.jpg --threshold 60" },
    },
    [COMMAND_RUN] = {
        .name = "run", .arguments = "INPUT...", .takes_inputs = true,
        .summary = "several of these, or none, in one go",
        .text = "Does with each picture whatever --op asks for; it is fetched "
                "and decoded once for all. " INPUTS,
        .examples = { "run --op stars --op thumbs ~/pictures",
                      "run --op none --urls list.txt --out originals" },
    },
    [COMMAND_REPORT] = {
        .name = "report", .arguments = "RUN", .takes_inputs = true,
        .takes_run = true,
        .summary = "write a run's report anew",
        .text = "Writes stars.csv, stars.fits, summary.json and report.html of a "
                "run from what its database holds: of a finished run, of one "
                "that was "
                "stopped, and of one that another process works on.",
        .examples = { "report sky" },
    },
    [COMMAND_STATUS] = {
        .name = "status", .arguments = "RUN", .takes_inputs = true,
        .takes_run = true,
        .summary = "how far a run is",
        .text = "Tells how many pictures of a run are done, failed, skipped "
                "and left, and names those that failed. Reads only: another "
                "process may be at work on the run.",
        .examples = { "status sky" },
    },
    [COMMAND_RETRY] = {
        .name = "retry", .arguments = "RUN", .takes_inputs = true,
        .takes_run = true,
        .summary = "try what failed in a run again",
        .text = "Plans the failed pictures of a run again, all or those of "
                "one class, and goes on with the run. What was skipped or is "
                "done stays as it is.",
        .examples = { "retry sky",
                      "retry sky --class timeout --timeout 5m" },
    },
    [COMMAND_COMPARE] = {
        .name = "compare", .arguments = "[INPUT...]", .takes_inputs = true,
        .summary = "the same work in five ways, and why one is faster",
        .text = "Does the same work sequentially, on threads, in processes, "
                "with asynchronous downloads only, and as the tool does it, "
                "and measures each. INPUT is pictures and folders, which a "
                "server on this machine offers, each answer after --latency; "
                "or URLs, which are fetched once for each mode and round; "
                "without any the demo's star fields are drawn. The "
                "work is finding stars unless --op says otherwise. Results are "
                "compared between the modes and not kept.",
        .examples = { "compare",
                      "compare ~/pictures --latency 200ms --workers 1..4" },
    },
    [COMMAND_DOCTOR] = {
        .name = "doctor", .arguments = "",
        .summary = "what this machine offers, and what is used",
        .text = "Tells what this machine grants and which layers of the "
                "workers' sandbox are in force, found out by starting a "
                "worker, and what follows from it for a run.",
    },
    [COMMAND_SERVE] = {
        .name = "serve", .arguments = "DIR", .takes_inputs = true,
        .summary = "serve a folder of pictures, slowly or badly on request",
        .text = "Serves the pictures in a folder, and the interface of the "
                "APOD service with a day for each, to this machine alone. A "
                "request may order what goes wrong with its answer: "
                "?status=503&retry_after=2, ?latency_ms=500, ?bandwidth=10000, "
                "?cut=1000, ?stall=1, ?no_length=1, ?chunked=1, ?redirect=URL, "
                "and &times=1 for the first request alone. Ctrl-C ends it.",
        .examples = { "serve ~/pictures --port 8080" },
    },
    [COMMAND_CONFIG] = {
        .name = "config", .arguments = "show [COMMAND]", .takes_inputs = true,
        .words = "show",
        .summary = "every setting, and where it comes from",
        .text = "Prints all settings as a configuration file that would set "
                "them, each with its origin behind it: default, FILE:LINE, "
                "environment or command line. With a COMMAND, as that command "
                "sees them.",
        .examples = { "config show stars" },
    },
    [COMMAND_COMPLETION] = {
        .name = "completion", .arguments = "bash|zsh|fish",
        .takes_inputs = true, .words = "bash|zsh|fish",
        .summary = "let a shell complete commands and options",
        .text = "Prints what a shell needs to complete our commands, options "
                "and their values. An installation has put it in place; else: "
                "source <(starling completion bash)",
    },
};
