/* walk.h: from a folder or a pattern to the pictures in it. Private to the
 * inputs. */
#ifndef TOOL_SOURCE_WALK_H
#define TOOL_SOURCE_WALK_H

#include <sys/stat.h>

#include "source/inputs.h"
#include "source/listing.h"

typedef struct walk {
    const inputs_options *options;
    listing_spool *spool;
    inputs_take *take;
    void *context;
} walk;

#define WALK_LOST_LINK "a link to a file that is not there"

/* Hand on what stands at `where`, and what is wrong with it, if anything. */
int walk_give(const walk *walk, const char *where, const char *problem);

/* The same for a name that nothing has. */
int walk_give_missing(const walk *walk, const char *where, const char *problem);

/* Why a file of this kind is no picture, or NULL. */
const char *walk_problem(mode_t mode);

/* What exists under a name: a file, or the pictures in a folder and below. */
int walk_found(const walk *walk, const char *where, const struct stat *info);
int walk_folder(const walk *walk, const char *path);

/* The files and folders whose names fit a pattern of the shell's kind. */
int walk_pattern(const walk *walk, const char *pattern);

#endif
