/* help.h: the option table as people read it. */
#ifndef TOOL_CLI_HELP_H
#define TOOL_CLI_HELP_H

#include <stdio.h>

#include "cli/options.h"

/* The text of --help: of the whole program for COMMAND_NONE. */
void help_print(FILE *file, enum command command);

/* The man page's sections on options and exit status, in scdoc's format. */
void help_print_man_options(FILE *file);
void help_print_man_statuses(FILE *file);

#endif
