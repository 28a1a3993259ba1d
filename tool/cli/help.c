/* The option table as people read it: on the terminal and as a man page. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/option_table.h"
#include "cli/status.h"

enum { HELP_COLUMN = 26, HELP_WIDTH = 78 };

/* Print words from column `indent`, where the cursor is, and continue there on
 * further lines. */
static void print_wrapped(FILE *file, const char *words, int indent)
{
    int column = indent;

    while (*words != '\0') {
        int length = (int)strcspn(words, " ");

        if (column > indent && column + 1 + length > HELP_WIDTH) {
            fprintf(file, "\n%*s", indent, "");
            column = indent;
        }
        column +=
            fprintf(file, "%s%.*s", column > indent ? " " : "", length, words);
        words += length + (words[length] == ' ');
    }
    fputc('\n', file);
}

static void print_option(FILE *file, const struct option_entry *entry)
{
    char words[512];
    int column =
        fprintf(file, "  --%s%s%s", entry->name, entry->argument ? " " : "",
                entry->argument ? entry->argument : "");

    snprintf(words, sizeof words, "%s%s%s%s%s%s", entry->help,
             entry->choices ? " (" : "", entry->choices ? entry->choices : "",
             entry->choices ? ")" : "", entry->standard ? "; default " : "",
             entry->standard ? entry->standard : "");
    if (column >= HELP_COLUMN - 1) {
        fputc('\n', file);
        column = 0;
    }
    fprintf(file, "%*s", HELP_COLUMN - column, "");
    print_wrapped(file, words, HELP_COLUMN);
}

static void print_options(FILE *file, unsigned use)
{
    const char *group = NULL, *printed = NULL;

    for (int i = 0; i < option_table_size; i++) {
        const struct option_entry *entry = &option_table[i];

        if (entry->group != NULL)
            group = entry->group;
        if (!(entry->use & use))
            continue;
        if (printed != group)
            fprintf(file, "\n%s:\n", group);
        printed = group;
        print_option(file, entry);
    }
}

static void print_program(FILE *file)
{
    fputs("Usage: starling COMMAND [OPTIONS...]\n\n", file);
    print_wrapped(file,
                  "Fetches pictures by the thousand from servers that "
                  "nobody vouches for, and finds the stars in them on "
                  "every core.",
                  0);
    fputs("\nCommands:\n", file);
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++)
        fprintf(file, "  %-12s%s\n", command_table[i].name,
                command_table[i].summary);
    fputs("\nEach has its own help: starling COMMAND --help\n"
          "To begin with: starling demo, then starling stars FOLDER\n",
          file);
}

static void print_examples(FILE *file, const struct command_entry *entry)
{
    int count = sizeof entry->examples / sizeof *entry->examples;

    for (int i = 0; i < count && entry->examples[i] != NULL; i++)
        fprintf(file, "%s  starling %s\n", i == 0 ? "\nSuch as:\n" : "",
                entry->examples[i]);
}

void help_print(FILE *file, enum command command)
{
    const struct command_entry *entry = &command_table[command];

    if (command == COMMAND_NONE) {
        print_program(file);
        return;
    }
    fprintf(file, "Usage: starling %s [OPTIONS...]%s%s\n\n", entry->name,
            entry->takes_inputs ? " " : "", entry->arguments);
    print_wrapped(file, entry->text, 0);
    print_examples(file, entry);
    print_options(file, 1u << command);
}

/* scdoc takes _ and * for emphasis. */
static void print_escaped(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("_*\\", *text) != NULL)
            fputc('\\', file);
        fputc(*text, file);
    }
}

/* Which commands have it, unless all do. */
static void print_man_commands(FILE *file, unsigned use)
{
    bool first = true;

    if ((use & FOR_ALL) == FOR_ALL)
        return;
    fputs(" (", file);
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++) {
        if (!(use & 1u << i))
            continue;
        fprintf(file, "%s%s", first ? "" : ", ", command_table[i].name);
        first = false;
    }
    fputs(first ? "config file only)" : ")", file);
}

void help_print_man_options(FILE *file)
{
    for (int i = 0; i < option_table_size; i++) {
        const struct option_entry *entry = &option_table[i];
        bool has_flag = (entry->use & FOR_ALL) != 0;

        if (entry->group != NULL)
            fprintf(file, "%s## %s\n\n", i > 0 ? "\n" : "", entry->group);
        fprintf(file, "*%s%s*", has_flag ? "--" : "", entry->name);
        if (entry->argument != NULL) {
            fputs(" ", file);
            print_escaped(file, entry->argument);
        }
        print_man_commands(file, entry->use);
        fputs("\n\t", file);
        print_escaped(file, entry->help);
        if (entry->choices != NULL)
            fprintf(file, " (%s)", entry->choices);
        if (entry->standard != NULL) {
            fputs("; default ", file);
            print_escaped(file, entry->standard);
        }
        fputs(".\n\n", file);
    }
}

void help_print_man_statuses(FILE *file)
{
    for (int i = 0; exit_status_words[i].words != NULL; i++)
        fprintf(file, "*%d*\n\t%s.\n\n", exit_status_words[i].status,
                exit_status_words[i].words);
}
