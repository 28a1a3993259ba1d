/* The options of the reference programs, and their clock. */
#include "program.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double time_scale = 1;
static uint64_t seed;

static _Noreturn void refuse(const char *what, const char *text,
                             const char *wanted)
{
    fprintf(stderr, "%s: '%s' is not %s\n", what, text, wanted);
    exit(2);
}

const char *take_option(int *argc, char **argv, const char *name,
                        const char *fallback)
{
    for (int i = 1; i < *argc; i++) {
        const char *value = argv[i + 1];

        if (strcmp(argv[i], name) != 0)
            continue;
        if (value == NULL) {
            fprintf(stderr, "%s wants a value\n", name);
            exit(2);
        }
        *argc -= 2;
        memmove(&argv[i], &argv[i + 2],
                (size_t)(*argc - i + 1) * sizeof argv[0]);
        return value;
    }
    return fallback;
}

long parse_number(const char *text, const char *what, long most)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0)
        refuse(what, text, "a whole number from 0 on");
    if (number > most) {
        fprintf(stderr, "%s: %s is more than %ld\n", what, text, most);
        exit(2);
    }
    return number;
}

int take_count(int *argc, char **argv, const char *name, int fallback)
{
    const char *text = take_option(argc, argv, name, NULL);

    return text ? (int)parse_number(text, name, 1000000) : fallback;
}

void program_begin(int *argc, char **argv)
{
    const char *text = take_option(argc, argv, "--time-scale", NULL);
    char *end;

    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    if (text != NULL) {
        time_scale = strtod(text, &end);
        if (end == text || *end != '\0' || !isfinite(time_scale) ||
            time_scale <= 0)
            refuse("--time-scale", text, "a number above 0");
    }
    text = take_option(argc, argv, "--seed", NULL);
    seed = text ? (uint64_t)parse_number(text, "--seed", INT32_MAX)
                : (uint64_t)sl_now();
    /* To random(), 0 is the same seed as 1. */
    srandom(seed != 0 ? (unsigned)seed : UINT32_MAX);
}

void expect_arguments(int argc, char **argv, int least, int most,
                      const char *usage)
{
    int given = argc - 1;

    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' && (argv[i][1] < '0' || argv[i][1] > '9'))
            given = -1;
    if (given < least || given > most) {
        fprintf(stderr, "usage: %s [--time-scale X] [--seed N]\n", usage);
        exit(2);
    }
}

sl_time scaled(sl_time duration)
{
    return (sl_time)((double)duration * time_scale);
}

double seconds_since(sl_time begin)
{
    return (double)(sl_now() - begin) / 1e9 / time_scale;
}

int random_between(int least, int most)
{
    return least + (int)(random() % (most - least + 1));
}

uint64_t program_seed(void)
{
    return seed;
}

void print_rule(char letter, int width)
{
    char line[128];

    memset(line, letter, (size_t)width);
    line[width] = '\0';
    puts(line);
}

void block_for(sl_time duration)
{
    struct timespec left = { .tv_sec = duration / SL_S(1),
                             .tv_nsec = duration % SL_S(1) };

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}
