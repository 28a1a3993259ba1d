/* The help names every option that a command has, and fits a terminal. */
#include "cli/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_table.h"
#include "cli/status.h"
#include "support/test.h"

static char *text_of(void (*print)(FILE *, enum command), enum command command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    print(file, command);
    CHECK_EQ(fclose(file), 0);
    return text;
}

static void print_man(FILE *file, enum command command)
{
    (void)command;
    help_print_man_options(file);
    help_print_man_statuses(file);
}

static void check_lines(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        CHECK(length <= 80);
        CHECK(length == 0 || text[length - 1] != ' ');
        text += length + (text[length] == '\n');
    }
}

/* An option may have a namesake of other commands. */
static bool command_has(const char *name, int command)
{
    for (int i = 0; i < option_table_size; i++)
        if (strcmp(option_table[i].name, name) == 0 &&
            (option_table[i].use & 1u << command) != 0)
            return true;
    return false;
}

TEST(help_names_the_options_of_each_command_and_no_others)
{
    char flag[64];

    for (int command = COMMAND_NONE + 1; command < COMMANDS; command++) {
        char *text = text_of(help_print, (enum command)command);

        for (int i = 0; i < option_table_size; i++) {
            bool has = command_has(option_table[i].name, command);

            snprintf(flag, sizeof flag, "  --%s%s", option_table[i].name,
                     option_table[i].argument ? " " : "\n");
            if (!option_table[i].argument)
                flag[strlen(flag) - 1] = ' ';
            CHECK_EQ(strstr(text, flag) != NULL, has);
        }
        check_lines(text);
        free(text);
    }
}

TEST(help_of_the_program_names_every_command)
{
    char *text = text_of(help_print, COMMAND_NONE);

    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++) {
        char line[128];

        snprintf(line, sizeof line, " %s\n", command_table[i].summary);
        CHECK(strstr(text, line) != NULL);
    }
    check_lines(text);
    free(text);
}

/* Parse and check what one types after "starling". */
static int try_example(const char *line, options_error *error)
{
    char words[128], *argv[16] = { "starling" }, *rest = words;
    struct options options;
    int argc = 1, rc;

    snprintf(words, sizeof words, "%s", line);
    while ((argv[argc] = strtok_r(rest, " ", &rest)) != NULL)
        argc++;
    rc = options_parse(argc, argv, &options, error);
    if (rc == 0)
        rc = options_check(&options, error);
    options_fini(&options);
    return rc;
}

TEST(help_shows_examples_that_are_right)
{
    int count = sizeof command_table->examples / sizeof(char *);
    options_error error;

    for (int command = COMMAND_NONE + 1; command < COMMANDS; command++) {
        const struct command_entry *entry = &command_table[command];

        for (int i = 0; i < count && entry->examples[i] != NULL; i++) {
            size_t length = strlen(entry->name);

            CHECK_EQ(strncmp(entry->examples[i], entry->name, length), 0);
            if (try_example(entry->examples[i], &error) < 0)
                test_fail(__FILE__, __LINE__, "%s: %s", entry->examples[i],
                          error.text);
        }
    }
}

TEST(help_for_the_man_page_has_all_options_and_statuses)
{
    char *text = text_of(print_man, COMMAND_NONE), entry[64];

    for (int i = 0; i < option_table_size; i++) {
        snprintf(entry, sizeof entry, "%s*", option_table[i].name);
        CHECK(strstr(text, entry) != NULL);
    }
    for (int i = 0; exit_status_words[i].words != NULL; i++) {
        snprintf(entry, sizeof entry, "*%d*\n", exit_status_words[i].status);
        CHECK(strstr(text, entry) != NULL);
    }
    CHECK(strstr(text, "NASA\\_API\\_KEY") != NULL);
    free(text);
}
