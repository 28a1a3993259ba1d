/* folder.h: the run folder on disk: whose it is, who holds it, what is in it.
 * Private to the store. */
#ifndef TOOL_STORE_FOLDER_H
#define TOOL_STORE_FOLDER_H

#include <stdbool.h>

#include "store/store.h"

#define FOLDER_DATABASE "run.db"
#define FOLDER_LOCK "run.lock"
#define FOLDER_SCHEMA 7 /* user_version of our databases */

/* What a run leaves beside its database and its pictures. */
#define FOLDER_RESULTS                                                         \
    "stars.csv", "stars.fits", "items.csv", "truth.csv", "summary.json",       \
        "report.html"

enum {
    FOLDER_APPLICATION_ID = 0x53744C67, /* "StLg", in our databases' headers */
    FOLDER_SCHEMA_OLDEST = 4, /* that can be brought to FOLDER_SCHEMA */
    FOLDER_PATH_MAX = 4096
};

typedef struct run_folder {
    char path[FOLDER_PATH_MAX]; /* absolute */
    char shown[256];            /* as the user called it, escaped */
    int fds[STORE_FOLDERS];     /* -1: not open */
    int lock;                   /* -1: not held */
} run_folder;

/* Write the words into *error and return rc. */
int folder_refuse(store_error *error, int rc, int status, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

/* Open the folder; with `create` it and its parents are made when missing. */
int folder_open(const char *run_dir, bool create, run_folder *out,
                store_error *error);
void folder_close(run_folder *folder);

enum folder_kind {
    FOLDER_BLANK,  /* empty, or only what a start that was killed leaves */
    FOLDER_OURS,   /* holds a run.db of ours, or one that can become so */
    FOLDER_OLDER,  /* ours, from a version too old for that */
    FOLDER_NEWER,  /* ours, from a later version */
    FOLDER_STRANGE /* other files, no run.db of ours */
};

int folder_look(const run_folder *folder, enum folder_kind *kind,
                store_error *error);

/* For a run that begins in a folder with other people's files: refuse if one
 * stands where ours would. */
int folder_check_claims(const run_folder *folder, const char *const names[],
                        size_t count, store_error *error);

/* Hold the folder until it is closed or we die. Whoever is refused is told
 * since when and by which command it is held; `command_line` is clean. */
int folder_lock(run_folder *folder, const char *command_line,
                store_error *error);

/* The process that holds it: its id; -1 if that is not known, 0 if nobody does.
 */
long folder_holder(const run_folder *folder);

/* Open a subfolder; with `create` made when missing, else it may be missing
 * (0, and its descriptor stays -1). */
int folder_open_part(run_folder *folder, enum store_folder part,
                     const char *name, bool create, store_error *error);

/* The database's path, for SQLite. */
void folder_database(const run_folder *folder, const char *suffix,
                     char out[FOLDER_PATH_MAX]);

#endif
