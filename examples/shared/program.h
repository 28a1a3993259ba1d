/* program.h: what the reference programs share: two options, a way to print,
 * and how they tell the time.
 *
 *     --time-scale X    every wait takes X times as long; 0.01 is a hurry
 *     --seed N          random choices come out the same every time
 *
 * Times that a program prints are its own, so "Finished in 2.00 seconds" says
 * the same at any scale.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdint.h>

#include <starling/clock.h>

/* What main() was called with. A program with a process pool reads it in its
 * task, since workers of the pool start in main(), too, and are recognised by
 * sl_main(): nothing is to happen before that. */
typedef struct command {
    int argc;
    char **argv;
} command;

/* Take the two options out of the arguments, and make stdout write whole
 * lines, at once, also into a pipe. */
void program_begin(int *argc, char **argv);

/* Take `--name VALUE` out of the arguments; `fallback` if it is not there. */
const char *take_option(int *argc, char **argv, const char *name,
                        const char *fallback);
int take_count(int *argc, char **argv, const char *name, int fallback);

/* A whole number from 0 to `most`, or the end of the program with status 2
 * and one line that names `what`. */
long parse_number(const char *text, const char *what, long most);

/* End with status 2 and `usage` unless exactly from `least` to `most`
 * arguments, and no option, are left. */
void expect_arguments(int argc, char **argv, int least, int most,
                      const char *usage);

/* How long a wait of `duration` takes at this scale. */
sl_time scaled(sl_time duration);

/* The program's own seconds since `begin`, a time of sl_now(). */
double seconds_since(sl_time begin);

/* A random whole number, `least` to `most`. */
int random_between(int least, int most);
uint64_t program_seed(void);

/* A line of `width` times `letter`. */
void print_rule(char letter, int width);

/* Sleep as a library does that knows nothing of loops: nothing else runs on
 * this thread meanwhile. */
void block_for(sl_time duration);

#endif
