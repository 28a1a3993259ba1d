/* config_show.h: every setting, its value, and who said so. */
#ifndef TOOL_CLI_CONFIG_SHOW_H
#define TOOL_CLI_CONFIG_SHOW_H

#include <stdio.h>

#include "cli/options.h"

/* Print the settings as a configuration file that would set them again, each
 * with its origin behind it: default, FILE:LINE, a variable, or the command
 * line. No secret is shown. */
void config_show(FILE *file, const struct options *options);

#endif
