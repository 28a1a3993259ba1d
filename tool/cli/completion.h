/* completion.h: what shells need to complete a command line of ours. */
#ifndef TOOL_CLI_COMPLETION_H
#define TOOL_CLI_COMPLETION_H

#include <stdio.h>

/* Write the script for "bash", "zsh" or "fish". Returns 0, or -EINVAL for
 * another shell. */
int completion_write(FILE *file, const char *shell);

#endif
