/* config.h: settings that stay, from the environment and an INI file.
 *
 *     api_key = 0123456789abcdef
 *     images_dir = space_images        ; within the run's folder, or absolute
 *     processed_dir = processed_images
 *     downloads = 32
 *     [stars]                          ; for one command only
 *     workers = 2
 */
#ifndef TOOL_CLI_CONFIG_H
#define TOOL_CLI_CONFIG_H

#include "cli/options.h"

/* Read NASA_API_KEY, and the file that --config names or else the first that
 * exists of $XDG_CONFIG_HOME/starling/config.ini and
 * ~/.config/starling/config.ini. No such file, or no HOME, is fine; a file
 * that was asked for must exist, and what is in a file must be right. Returns
 * 0, or -EINVAL, -ENOMEM or the file's error with *error filled. */
int config_load(struct options *options, options_error *error);

/* The file alone. */
int config_read_file(const char *path, struct options *options,
                     options_error *error);

#endif
