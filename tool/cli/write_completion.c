/* Writes a shell's completion while the program is built. */
#include <stdio.h>

#include "cli/completion.h"

int main(int argc, char **argv)
{
    if (argc != 2 || completion_write(stdout, argv[1]) < 0)
        return 2;
    return fflush(stdout) != 0;
}
