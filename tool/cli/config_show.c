/* Where settings come from is asked when one of them is not as expected; so all
 * are shown, also those that nobody set, in a form that can be kept as a file.
 */
#include "cli/config_show.h"

#include <stdbool.h>
#include <string.h>

#include "cli/option_table.h"
#include "text/text.h"

enum { VALUE_SIZE = 1024, NAME_COLUMNS = 40 };

/* The name as people write it in a file. */
static void print_name(FILE *file, const char *name)
{
    for (; *name != '\0'; name++)
        putc(*name == '-' ? '_' : *name, file);
}

static void print_origin(FILE *file, const struct options *options,
                         const char *name)
{
    switch (options_origin(options, name)) {
    case ORIGIN_FLAG:
        fputs("command line", file);
        break;
    case ORIGIN_CONFIG:
    case ORIGIN_ENVIRONMENT:
        fputs(options_place(options, name), file);
        break;
    default:
        fputs("default", file);
        break;
    }
}

static bool is_hidden(const struct options *options,
                      const struct option_entry *entry)
{
    return (entry->use & IS_SECRET) != 0 &&
           options_origin(options, entry->name) != ORIGIN_DEFAULT;
}

static void format_value(const struct options *options,
                         const struct option_entry *entry, char out[VALUE_SIZE])
{
    const char *typed = options_text(options, entry->name);

    if (typed == NULL)
        typed = entry->kind == OPTION_SWITCH ? "no" : "";
    text_clean(is_hidden(options, entry) ? "***" : typed, NULL, TEXT_UTF8, out,
               VALUE_SIZE);
}

static void print_setting(FILE *file, const struct options *options,
                          const struct option_entry *entry)
{
    char value[VALUE_SIZE];
    int columns;

    format_value(options, entry, value);
    if (value[0] == '\0') { /* the command, or the machine, decides */
        fputs("; ", file);
        print_name(file, entry->name);
        fputs(" is not set\n", file);
        return;
    }
    /* A file with stars for a key would be believed. */
    if (is_hidden(options, entry))
        fputs("; ", file);
    print_name(file, entry->name);
    columns = (int)strlen(entry->name) + fprintf(file, " = %s", value);
    fprintf(file, "%*s ; ", columns < NAME_COLUMNS ? NAME_COLUMNS - columns : 0,
            "");
    print_origin(file, options, entry->name);
    putc('\n', file);
}

void config_show(FILE *file, const struct options *options)
{
    const char *group = NULL, *printed = NULL;

    fprintf(file, "; settings of: starling%s%s\n; file: %s\n",
            options->config_for != COMMAND_NONE ? " " : "",
            command_name(options->config_for),
            options->config_read != NULL ? options->config_read : "none");
    for (int i = 0; i < option_table_size; i++) {
        const struct option_entry *entry = &option_table[i];

        if (entry->group != NULL)
            group = entry->group;
        if (!(entry->use & FOR_CONFIG))
            continue;
        if (options->config_for != COMMAND_NONE &&
            (entry->use & FOR_COMMANDS) != 0 &&
            !(entry->use & 1u << options->config_for))
            continue;
        if (group != printed)
            fprintf(file, "\n; %s\n", group);
        printed = group;
        print_setting(file, options, entry);
    }
}
