/* Out of memory, the kernel ends a process of its own choice, with a SIGKILL
 * like any other.
 *
 * The choice should fall on a worker: its death costs one job, the program's
 * would cost the run. Any process may raise its own score for that.
 *
 * To tell such a death from others, the kernel's count of them is compared
 * before and after. It counts the whole machine, so a worker that somebody
 * kills by hand in the same moment may be blamed on memory; that is a word in
 * a report, and no decision depends on it.
 */
#include "exec/oom.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

void sl__oom_volunteer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    /* Without it the kernel chooses by size alone, which is often right. */
    (void)!write(fd, "500", 3);
    close(fd);
}

uint64_t sl__oom_kills(void)
{
    FILE *file = fopen("/proc/vmstat", "re");
    uint64_t kills = 0;
    char line[128];

    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "oom_kill %" SCNu64, &kills) == 1)
            break;
    fclose(file);
    return kills;
}
