/* Reads the command line by the option table.
 *
 * Not getopt: it knows neither ranges nor near misses nor where a value came
 * from, and its messages begin with argv[0] and go straight to stderr. What is
 * wrong is told in one line that quotes what was typed, says what would have
 * been right, and never shows a secret.
 */
#include "cli/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/nearest.h"
#include "cli/option_table.h"
#include "cli/option_value.h"

static int fail(options_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int fail(options_error *error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return -EINVAL;
}

/* Names are compared with _ and - alike: a config file prefers the one. */
static bool is_same_name(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++)
        if ((*a == '_' ? '-' : *a) != (*b == '_' ? '-' : *b))
            return false;
    return *a == *b;
}

/* Of two with one name, that which has one of these uses. */
static const struct option_entry *find_option(const char *name, unsigned use)
{
    const struct option_entry *found = NULL;

    for (int i = 0; i < option_table_size; i++)
        if (is_same_name(option_table[i].name, name) &&
            (found == NULL || (option_table[i].use & use) != 0))
            found = &option_table[i];
    return found;
}

/* Where a setting has its place: one that goes by two names has one. */
static int place_of(const struct option_entry *entry)
{
    if (entry->same_as != NULL)
        entry = find_option(entry->same_as, 0);
    return (int)(entry - option_table);
}

/* The option that `name` may have been meant for, of those with `use`. */
static const char *nearest_option(const char *name, unsigned use)
{
    const char *names[OPTIONS_MAX] = { NULL };
    int count = 0;

    for (int i = 0; i < option_table_size; i++)
        if (option_table[i].use & use)
            names[count++] = option_table[i].name;
    return nearest_name(name, names, count);
}

/* "~/x" where no shell has seen it: in a file, behind a "=". */
static bool begins_at_home(const struct option_entry *entry, const char *value)
{
    return entry->kind == OPTION_PATH && strncmp(value, "~/", 2) == 0 &&
           getenv("HOME") != NULL;
}

static char *copy_value(const struct option_entry *entry, const char *value)
{
    char *copy;

    if (!begins_at_home(entry, value))
        return strdup(value);
    return asprintf(&copy, "%s%s", getenv("HOME"), value + 1) < 0 ? NULL : copy;
}

/* Give `entry` its value unless a stronger origin has spoken. `label` is what
 * the user calls the option there. */
static int assign(struct options *options, const struct option_entry *entry,
                  const char *value, enum setting_origin origin,
                  const char *place, const char *label, options_error *error)
{
    int index = place_of(entry);
    struct options scratch = { 0 };
    bool is_weaker = origin < options->origins[index];
    /* A value that loses must be right all the same: tell now, not on the day
     * when the flag is left out. */
    void *base = is_weaker ? &scratch : options;
    char wish[VALUE_WISH_MAX], *copy = NULL, *copied_place = NULL;

    if (option_value_parse(entry, value, (char *)base + entry->field, wish,
                           sizeof wish) < 0) {
        if (entry->use & IS_SECRET)
            return fail(error, "%s: the value is not %s", label, wish);
        return fail(error, "%s: '%s' is not %s", label, value, wish);
    }
    if (is_weaker)
        return 0;
    /* What was typed stays where it is, but for what is not what was typed. */
    if (origin == ORIGIN_CONFIG || origin == ORIGIN_ENVIRONMENT ||
        begins_at_home(entry, value)) {
        copy = copy_value(entry, value);
        copied_place = place != NULL ? strdup(place) : NULL;
        if (copy == NULL || (place != NULL && copied_place == NULL)) {
            free(copy);
            free(copied_place);
            fail(error, "out of memory");
            return -ENOMEM;
        }
        option_value_point(entry, (char *)options + entry->field, copy);
    }
    free(options->owned[index]);
    free(options->places[index]);
    options->owned[index] = copy;
    options->typed[index] = copy != NULL ? copy : value;
    options->places[index] = copied_place;
    options->origins[index] = origin;
    return 0;
}

int options_set(struct options *options, const char *name, const char *value,
                enum setting_origin origin, const char *place,
                options_error *error)
{
    const struct option_entry *entry = find_option(name, FOR_CONFIG);
    const char *nearest;
    char label[256];

    if (entry == NULL || !(entry->use & FOR_CONFIG)) {
        nearest = nearest_option(name, FOR_CONFIG);
        if (entry != NULL)
            return fail(error, "%s: '%s' cannot be set here", place, name);
        return fail(error, "%s: unknown setting '%s'%s%s%s", place, name,
                    nearest ? "; did you mean '" : "", nearest ? nearest : "",
                    nearest ? "'?" : "");
    }
    snprintf(label, sizeof label, "%s: %s", place, name);
    return assign(options, entry, value, origin, place, label, error);
}

static int set_defaults(struct options *options, options_error *error)
{
    int rc;

    for (int i = 0; i < option_table_size; i++) {
        if (option_table[i].standard == NULL)
            continue;
        rc = assign(options, &option_table[i], option_table[i].standard,
                    ORIGIN_DEFAULT, NULL, option_table[i].name, error);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int fail_unknown_option(const struct options *options, const char *name,
                               options_error *error)
{
    unsigned use = options->command ? 1u << options->command : FOR_ALL;
    const char *nearest = nearest_option(name, use);

    if (nearest != NULL)
        return fail(error, "unknown option '--%s'; did you mean '--%s'?", name,
                    nearest);
    return fail(error, "unknown option '--%s'; try --help", name);
}

/* Which commands have the option that this one has not? */
static int fail_foreign_option(const struct options *options,
                               const struct option_entry *entry,
                               options_error *error)
{
    char owners[192] = "";
    size_t length = 0;

    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++)
        if (entry->use & 1u << i)
            length += (size_t)snprintf(owners + length, sizeof owners - length,
                                       "%s'%s'", length > 0 ? ", " : "",
                                       command_table[i].name);
    if (owners[0] == '\0')
        return fail(error, "'%s' is set in the config file, not by an option",
                    entry->name);
    return fail(error, "'--%s' is an option of %s, not of '%s'", entry->name,
                owners, command_name((enum command)options->command));
}

/* `config` has those of all commands, to see what becomes of them. */
static bool has_option(const struct options *options,
                       const struct option_entry *entry)
{
    return (entry->use & 1u << options->command) != 0 ||
           (options->command == COMMAND_CONFIG && (entry->use & FOR_CONFIG));
}

/* One option at argv[*at], with its value there or in the next word. */
static int read_option(struct options *options, int argc, char **argv, int *at,
                       options_error *error)
{
    const char *word = argv[*at] + 2, *value = strchr(word, '=');
    size_t length = value ? (size_t)(value - word) : strlen(word);
    const struct option_entry *entry;
    char name[64], label[80];

    snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), word);
    snprintf(label, sizeof label, "--%s", name);
    entry = strchr(name, '_') == NULL
                ? find_option(name, 1u << options->command)
                : NULL;
    if (entry == NULL)
        return fail_unknown_option(options, name, error);
    if (options->command != COMMAND_NONE && !has_option(options, entry))
        return fail_foreign_option(options, entry, error);

    /* The last one counts, which would lose a list. */
    if (entry->field == offsetof(struct options, urls) &&
        options_origin(options, entry->name) == ORIGIN_FLAG)
        return fail(error, "--urls is given twice; several lists go through a "
                           "pipe: cat LISTS | starling ... -");
    if (value != NULL)
        value++;
    if (entry->kind == OPTION_SWITCH) {
        if (value != NULL)
            return fail(error, "%s takes no value", label);
        value = "yes";
    } else if (value == NULL) {
        value = *at + 1 < argc ? argv[*at + 1] : NULL;
        if (value == NULL || strncmp(value, "--", 2) == 0)
            return fail(error, "%s wants a value: %s %s", label, label,
                        entry->argument);
        ++*at;
    }
    return assign(options, entry, value, ORIGIN_FLAG, NULL, label, error);
}

int command_unknown(const char *word, options_error *error)
{
    const char *names[COMMANDS], *nearest;
    int count = 0;

    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++)
        names[count++] = command_table[i].name;
    nearest = nearest_name(word, names, count);
    if (nearest != NULL)
        return fail(error, "unknown command '%s'; did you mean '%s'?", word,
                    nearest);
    return fail(error, "unknown command '%s'; try --help", word);
}

static int read_command(struct options *options, const char *word,
                        options_error *error)
{
    options->command = command_by_name(word);
    if (options->command != COMMAND_NONE)
        return 0;
    if (strstr(word, "://") != NULL) /* not shown: it may hold a password */
        return fail(error, "say what to do with it: starling stars URL, or "
                           "thumbs, or edges");
    if (access(word, F_OK) == 0)
        return fail(error,
                    "say what to do with it: starling stars %s, or "
                    "thumbs, or edges",
                    word);
    return command_unknown(word, error);
}

static int read_word(struct options *options, const char *word,
                     options_error *error)
{
    if (options->command == COMMAND_NONE)
        return read_command(options, word, error);
    if (!command_table[options->command].takes_inputs)
        return fail(error, "unexpected '%s': '%s' takes options only", word,
                    command_name(options->command));
    if (word[0] == '\0') /* mostly a shell variable that was not set */
        return fail(error, "an input is an empty word");
    options->inputs[options->input_count++] = word;
    return 0;
}

/* Also as "starling help stars", which other programs have taught people. */
static bool asks_for_help(const struct options *options, const char *word)
{
    return strcmp(word, "-h") == 0 ||
           (options->command == COMMAND_NONE && strcmp(word, "help") == 0);
}

int options_parse(int argc, char **argv, struct options *options,
                  options_error *error)
{
    bool only_words = false; /* after -- */
    int rc;

    *options = (struct options){ 0 };
    error->text[0] = '\0';
    options->inputs = calloc((size_t)argc + 1, sizeof *options->inputs);
    if (options->inputs == NULL) {
        fail(error, "out of memory");
        return -ENOMEM;
    }
    rc = set_defaults(options, error);
    for (int at = 1; at < argc && rc == 0; at++) {
        const char *word = argv[at];

        if (!only_words && strcmp(word, "--") == 0)
            only_words = true;
        else if (!only_words && asks_for_help(options, word))
            options->help = true;
        else if (!only_words && strncmp(word, "--", 2) == 0)
            rc = read_option(options, argc, argv, &at, error);
        else if (!only_words && word[0] == '-' && word[1] != '\0')
            rc = fail(error, "unknown option '%s'; try --help", word);
        else
            rc = read_word(options, word, error);
    }
    if (options->command == COMMAND_CONFIG && options->input_count == 2)
        options->config_for = command_by_name(options->inputs[1]);
    return rc;
}

void options_fini(struct options *options)
{
    for (int i = 0; i < OPTIONS_MAX; i++) {
        free(options->owned[i]);
        free(options->places[i]);
    }
    free(options->inputs);
    free(options->config_read);
    *options = (struct options){ 0 };
}

enum setting_origin options_origin(const struct options *options,
                                   const char *name)
{
    const struct option_entry *entry = find_option(name, FOR_CONFIG);

    return entry ? options->origins[place_of(entry)] : ORIGIN_DEFAULT;
}

const char *options_place(const struct options *options, const char *name)
{
    const struct option_entry *entry = find_option(name, FOR_CONFIG);

    return entry ? options->places[place_of(entry)] : NULL;
}

const char *options_text(const struct options *options, const char *name)
{
    const struct option_entry *entry = find_option(name, FOR_CONFIG);

    return entry ? options->typed[place_of(entry)] : NULL;
}

bool options_want_tar(const struct options *options)
{
    return options->output == OUTPUT_TAR || options->format == FORMAT_TAR;
}

const char *command_name(enum command command)
{
    return command_table[command].name ? command_table[command].name : "";
}

enum command command_by_name(const char *name)
{
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++)
        if (strcmp(command_table[i].name, name) == 0)
            return (enum command)i;
    return COMMAND_NONE;
}
