/* Stars below the noise were drawn, too; nobody can be asked to find those. */
#include "cmd/truth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/files.h"

/* What those who score finders ask for; ours finds about half of the stars that
 * are hardly above it. */
#define FINDABLE_SNR 5

int64_t truth_count(const job_star *stars, uint32_t count)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < count; i++)
        n += stars[i].snr >= FINDABLE_SNR;
    return n;
}

static void print_picture(FILE *file, const truth_picture *picture)
{
    for (uint32_t i = 0; i < picture->count; i++) {
        const job_star *star = &picture->stars[i];

        fprintf(file, "%s,%.3f,%.3f,%.1f,%.2f,%.3f,%.2f\n", picture->image,
                star->x, star->y, (double)star->flux, (double)star->peak,
                (double)star->fwhm, (double)star->snr);
    }
}

int truth_write(int folder, const truth_picture pictures[], int count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    int rc = -ENOMEM;

    if (file == NULL)
        return rc;
    fputs("image,x,y,flux,peak,fwhm,snr\n", file);
    for (int i = 0; i < count; i++)
        print_picture(file, &pictures[i]);
    if (fclose(file) == 0)
        rc = files_write(folder, "truth.csv", text, size, &(files_how){ 0 },
                         NULL);
    free(text);
    return rc;
}
