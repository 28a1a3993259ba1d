/* A database in WAL mode wants its log beside it, and SQLite makes one even for
 * a reader, who then may not remove it. Looking at a finished run must not
 * change its folder: where there is no log, nobody writes, and SQLite is told
 * that nobody will. Where there is one, a run is on or was killed, and its log
 * is what we want to read.
 */
#include "store/peek.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { URI_MAX = 3 * FOLDER_PATH_MAX + 32 };

/* Only what means nothing in a URI stays as it is. */
static size_t add_path(char *out, const char *path)
{
    size_t length = 0;

    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;

        if (isalnum(c) || strchr("/-_.", c) != NULL)
            out[length++] = (char)c;
        else
            length += (size_t)sprintf(out + length, "%%%02X", c);
    }
    return length;
}

int peek_open(const run_folder *folder, sqlite3 **out)
{
    char path[FOLDER_PATH_MAX], log[FOLDER_PATH_MAX], uri[URI_MAX] = "file:";
    size_t length = strlen(uri);

    folder_database(folder, "", path);
    folder_database(folder, "-wal", log);
    length += add_path(uri + length, path);
    strcpy(uri + length, access(log, F_OK) == 0 ? "" : "?immutable=1");
    return sqlite3_open_v2(
        uri, out, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
        NULL);
}
