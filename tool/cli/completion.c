/* Completions from the option table, so that they know every option and none
 * that there is not. The scripts need nothing but the shell itself.
 */
#include "cli/completion.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cli/option_table.h"

static bool has_option(int command, const struct option_entry *entry)
{
    return (entry->use & 1u << command) != 0;
}

static bool is_flag(const struct option_entry *entry)
{
    return (entry->use & FOR_ALL) != 0;
}

/* "a|b|c" as words. */
static void put_words(FILE *file, const char *words)
{
    for (; *words != '\0'; words++)
        putc(*words == '|' ? ' ' : *words, file);
}

static bool is_folder(const struct option_entry *entry)
{
    return strcmp(entry->argument, "DIR") == 0 ||
           strcmp(entry->argument, "RUN") == 0;
}

static void put_commands(FILE *file)
{
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++)
        fprintf(file, "%s%s", i > COMMAND_NONE + 1 ? " " : "",
                command_table[i].name);
}

/* `config show` has the name of a command behind it. */
static bool names_command(int command)
{
    return command == COMMAND_CONFIG;
}

/* bash: one function, which fills COMPREPLY. Where it leaves that empty,
 * file names are offered. */

static void bash_values(FILE *file)
{
    fputs("    case $previous in\n", file);
    for (int i = 0; i < option_table_size; i++) {
        const struct option_entry *entry = &option_table[i];

        if (!is_flag(entry) || entry->kind == OPTION_SWITCH ||
            entry->same_as != NULL)
            continue;
        fprintf(file, "    --%s)", entry->name);
        if (entry->choices != NULL) {
            fputs(" words=\"", file);
            put_words(file, entry->choices);
            fputs("\" ;;\n", file);
        } else if (entry->kind == OPTION_PATH) {
            fprintf(file, " _starling_files -%c; return ;;\n",
                    is_folder(entry) ? 'd' : 'f');
        } else {
            fputs(" compopt +o default; return ;;\n", file);
        }
    }
    fputs("    esac\n", file);
}

static void bash_command(FILE *file, int command)
{
    const struct command_entry *entry = &command_table[command];

    fprintf(file, "    %s)\n        options=\"", entry->name);
    for (int i = 0; i < option_table_size; i++)
        if (has_option(command, &option_table[i]))
            fprintf(file, "--%s ", option_table[i].name);
    fputs("\"", file);
    if (entry->words != NULL) {
        fputs("\n        arguments=\"", file);
        put_words(file, entry->words);
        fputs("\"", file);
    }
    if (names_command(command)) {
        fputs("\n        further=\"", file);
        put_commands(file);
        fputs("\"", file);
    }
    fputs(" ;;\n", file);
}

static void write_bash(FILE *file)
{
    fputs("# bash completion of starling; written from its option table\n"
          "_starling_files() {\n"
          "    compopt -o filenames\n"
          "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$current\")\n"
          "}\n"
          "_starling_words() {\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\")\n"
          "}\n"
          "_starling() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]}\n"
          "    local previous=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local command words options arguments further word i\n"
          "    COMPREPLY=()\n"
          /* bash takes --sync=item apart at its = */
          "    if [[ $current == = ]]; then\n"
          "        current=\n"
          "    elif [[ $previous == = ]]; then\n"
          "        previous=${COMP_WORDS[COMP_CWORD-2]}\n"
          "    fi\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        word=${COMP_WORDS[i]}\n"
          "        [[ $word == -* ]] || { command=$word; break; }\n"
          "    done\n",
          file);
    bash_values(file);
    fputs("    if [[ -n $words ]]; then\n"
          "        _starling_words \"$words\"\n"
          "        return\n"
          "    fi\n"
          "    case $command in\n"
          "    \"\")\n"
          "        options=\"--help --version\"\n        arguments=\"",
          file);
    put_commands(file);
    fputs("\" ;;\n", file);
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++)
        bash_command(file, i);
    fputs("    esac\n"
          /* What is one of the words has been said. */
          "    for ((i++; i < COMP_CWORD; i++)); do\n"
          "        [[ \" $arguments \" != *\" ${COMP_WORDS[i]} \"* ]] ||\n"
          "            { arguments=$further; break; }\n"
          "    done\n"
          "    [[ $current == -* ]] && arguments=$options\n"
          "    _starling_words \"$arguments\"\n"
          "}\n"
          "complete -o default -F _starling starling\n",
          file);
}

/* zsh: _arguments is told each option with its words. */

/* Inside of single quotes, and of brackets in which ] and : mean something. */
static void put_zsh(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\'", file);
        else if (strchr("[]:\\", *text) != NULL)
            putc('\\', file);
        putc(*text, file);
    }
}

static void zsh_option(FILE *file, const struct option_entry *entry)
{
    bool repeats = entry->kind == OPTION_SET || entry->kind == OPTION_HEADERS;

    fprintf(file, "            '%s--%s%s[", repeats ? "*" : "", entry->name,
            entry->kind == OPTION_SWITCH ? "" : "=");
    put_zsh(file, entry->help);
    fputs("]", file);
    if (entry->kind != OPTION_SWITCH) {
        fputs(":", file);
        put_zsh(file, entry->argument);
        fputs(":", file);
        if (entry->choices != NULL) {
            fputs("(", file);
            put_words(file, entry->choices);
            fputs(")", file);
        } else if (entry->kind == OPTION_PATH) {
            fputs(is_folder(entry) ? "_files -/" : "_files", file);
        }
    }
    fputs("' \\\n", file);
}

static void zsh_command(FILE *file, int command)
{
    const struct command_entry *entry = &command_table[command];

    fprintf(file, "    %s)\n        _arguments \\\n", entry->name);
    for (int i = 0; i < option_table_size; i++)
        if (has_option(command, &option_table[i]))
            zsh_option(file, &option_table[i]);
    if (entry->words != NULL) {
        fputs("            '1:what:(", file);
        put_words(file, entry->words);
        fputs(")'", file);
        if (names_command(command)) {
            fputs(" \\\n            '2:command:(", file);
            put_commands(file);
            fputs(")'", file);
        }
    } else {
        fputs(entry->takes_run      ? "            '1:run:_files -/'"
              : entry->takes_inputs ? "            '*:input:_files'"
                                    : "            ''",
              file);
    }
    fputs("\n        ;;\n", file);
}

static void write_zsh(FILE *file)
{
    fputs("#compdef starling\n"
          "# zsh completion of starling; written from its option table\n"
          "_starling() {\n"
          "    local -a commands\n"
          "    commands=(\n",
          file);
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++) {
        fprintf(file, "        '%s:", command_table[i].name);
        put_zsh(file, command_table[i].summary);
        fputs("'\n", file);
    }
    fputs("    )\n"
          "    if (( CURRENT == 2 )) && [[ $words[2] == -* ]]; then\n"
          "        compadd -- --help --version\n"
          "        return\n"
          "    fi\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
          file);
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++)
        zsh_command(file, i);
    fputs("    esac\n"
          "}\n"
          "if [ \"$funcstack[1]\" = _starling ]; then\n"
          "    _starling \"$@\"\n"
          "else\n"
          "    compdef _starling starling\n"
          "fi\n",
          file);
}

/* fish: a line an option. */

static void put_fish(FILE *file, const char *text)
{
    putc('\'', file);
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            putc('\\', file);
        putc(*text, file);
    }
    putc('\'', file);
}

static void fish_option(FILE *file, const struct option_entry *entry)
{
    fputs("complete -c starling -n '__fish_seen_subcommand_from", file);
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++)
        if (has_option(i, entry))
            fprintf(file, " %s", command_table[i].name);
    fprintf(file, "' -l %s", entry->name);
    if (entry->kind == OPTION_PATH)
        fputs(is_folder(entry) ? " -xa '(__fish_complete_directories)'"
                               : " -rF",
              file);
    else if (entry->kind != OPTION_SWITCH)
        fputs(" -x", file);
    if (entry->choices != NULL) {
        fputs(" -a '", file);
        put_words(file, entry->choices);
        fputs("'", file);
    }
    fputs(" -d ", file);
    put_fish(file, entry->help);
    putc('\n', file);
}

/* What stands behind a command, other than files. */
static void fish_words(FILE *file, int command)
{
    const struct command_entry *entry = &command_table[command];

    if (entry->words == NULL && entry->takes_inputs)
        return;
    fprintf(file, "complete -c starling -n '__fish_seen_subcommand_from %s",
            entry->name);
    if (entry->words != NULL) {
        fputs("; and not __fish_seen_subcommand_from ", file);
        put_words(file, entry->words);
    }
    fputs("' -fa '", file);
    put_words(file, entry->words != NULL ? entry->words : "");
    fputs("'\n", file);
    if (!names_command(command))
        return;
    fputs("complete -c starling -n '__fish_seen_subcommand_from ", file);
    put_words(file, entry->words);
    fputs("' -fa '", file);
    put_commands(file);
    fputs("'\n", file);
}

static void write_fish(FILE *file)
{
    fputs("# fish completion of starling; written from its option table\n"
          "complete -c starling -n __fish_use_subcommand -l help -l version\n",
          file);
    for (int i = COMMAND_NONE + 1; i < COMMANDS; i++) {
        fprintf(file,
                "complete -c starling -n __fish_use_subcommand -fa %s -d ",
                command_table[i].name);
        put_fish(file, command_table[i].summary);
        putc('\n', file);
        fish_words(file, i);
    }
    for (int i = 0; i < option_table_size; i++)
        if (is_flag(&option_table[i]))
            fish_option(file, &option_table[i]);
}

int completion_write(FILE *file, const char *shell)
{
    static const struct {
        const char *shell;
        void (*write)(FILE *file);
    } writers[] = { { "bash", write_bash },
                    { "zsh", write_zsh },
                    { "fish", write_fish } };

    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        if (strcmp(writers[i].shell, shell) == 0) {
            writers[i].write(file);
            return 0;
        }
    }
    return -EINVAL;
}
