/* Completes the man page while the program is built: copies its text from
 * stdin to stdout and puts the option table where @OPTIONS@ stands, the exit
 * statuses where @STATUSES@ does. */
#include <stdio.h>
#include <string.h>

#include "cli/help.h"

int main(void)
{
    char line[1024];

    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "@OPTIONS@\n") == 0)
            help_print_man_options(stdout);
        else if (strcmp(line, "@STATUSES@\n") == 0)
            help_print_man_statuses(stdout);
        else
            fputs(line, stdout);
    }
    return ferror(stdin) || fflush(stdout) != 0;
}
